/** What scopes of ours mean, for whoever is asked for them; what others mean is for their resource to say. */
export const SCOPE_TEXTS: Readonly<Record<string, string>> = {
  openid: 'Know who you are',
  profile: 'See your name',
  email: 'See your e-mail address',
  roles: 'See your roles',
  offline_access: 'Stay connected while you are away',
}
