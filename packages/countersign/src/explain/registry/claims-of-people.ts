import type { Row } from './row.ts'

const CORE = 'OpenID Connect Core 1.0 §5.1'
const ASSURED = 'OpenID Connect for Identity Assurance Claims Registration 1.0 §4'
const MODEL = 'Verifiable Credentials Data Model 1.0 §6.3.1'

/** Claims about a person. */
export const CLAIMS_OF_PEOPLE: readonly Row[] = [
  ['address', 'object', 'the postal address', 'OpenID Connect Core 1.0 §5.1.1'],
  ['also_known_as', 'string', 'a name that the person goes by elsewhere, such as that of an artist', ASSURED],
  ['birth_family_name', 'string', 'the family name at birth', ASSURED],
  ['birth_given_name', 'string', 'the given name at birth', ASSURED],
  ['birth_middle_name', 'string', 'the middle name at birth', ASSURED],
  [
    'birthdate',
    'string',
    'the birthday: YYYY-MM-DD, with the year 0000 where that is not told, or the year alone',
    CORE,
  ],
  [
    'email',
    'string',
    'the e-mail address',
    CORE,
    {
      watch: [
        'It is no name to keep an account by: addresses change, and are given to others. Use iss and sub.',
        'Nobody need have checked it: look at email_verified.',
      ],
    },
  ],
  [
    'email_verified',
    'boolean',
    'whether the issuer has checked that the address belongs to the user',
    CORE,
    {
      watch: [
        'Some issuers write it as text, and a careless test takes the text "false" for true: demand true itself.',
      ],
    },
  ],
  ['family_name', 'string', 'the family name, or several', CORE],
  ['gender', 'string', 'the gender: female, male, or another word', CORE],
  ['given_name', 'string', 'the given name, or several', CORE],
  ['locale', 'string', 'the language, such as en-US', CORE],
  ['middle_name', 'string', 'the middle name, or several', CORE],
  ['msisdn', 'string', 'the number of the mobile phone, with the code of its country', ASSURED],
  ['name', 'string', 'the full name, as it is to be shown', CORE],
  ['nationalities', 'array of strings', 'the nationalities, as codes of countries', ASSURED],
  ['nickname', 'string', 'what the user is called by those who know him', CORE],
  ['phone_number', 'string', 'the phone number', CORE],
  ['phone_number_verified', 'boolean', 'whether the issuer has checked that the number belongs to the user', CORE],
  ['picture', 'string (URL)', 'a picture of the user', CORE],
  ['place_of_birth', 'object', 'where the person was born', ASSURED],
  [
    'preferred_username',
    'string',
    'the short name that the user wishes to be called by, such as the one to log in with',
    CORE,
    { watch: ['It is neither unique nor for good: another user may have it tomorrow.'] },
  ],
  ['profile', 'string (URL)', 'the page about the user', CORE],
  ['salutation', 'string', 'how the person is addressed, such as Mrs', ASSURED],
  ['title', 'string', 'the title, such as Dr', ASSURED],
  ['updated_at', 'number (seconds)', 'when what is known about the user was last changed', CORE],
  ['vc', 'object', 'a verifiable credential: what somebody vouches for', MODEL],
  [
    'verified_claims',
    'object or array of objects',
    'claims about the person that were checked, with how and by whom',
    'OpenID Identity Assurance Schema Definition 1.0 §5',
    { watch: ['What is beside it in the token was not checked in that way.'] },
  ],
  ['vp', 'object', 'credentials that their holder shows', MODEL],
  ['website', 'string (URL)', 'the site or blog of the user', CORE],
  ['zoneinfo', 'string', 'the time zone, such as Europe/Berlin', CORE],
]
