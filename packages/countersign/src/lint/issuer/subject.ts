import { type ExactJson, type ExactObject, member, textOf } from '../../diagnosis/exact-json.ts'
import { kindIn, short } from '../shown.ts'
import type { SetSubject } from '../subject.ts'

/** A live issuer as it was found: what it says of itself and how it publishes its keys. Nothing of it is believed. */
export interface IssuerSubject {
  readonly kind: 'issuer'
  /** As it was given. */
  readonly issuer: string
  /** It is on this machine, where plain http harms nobody. */
  readonly isLocal: boolean
  readonly metadata: Metadata
  /** The same at the other place where it may be, if it is there, too. */
  readonly other: Metadata | undefined
  /** Places that should have either answered or said that they have nothing. */
  readonly failed: readonly FailedPlace[]
  readonly keys: PublishedKeys
}

/** A metadata document. */
export interface Metadata {
  readonly place: string
  /** The place is that of OpenID Connect Discovery 1.0 §4, or what it has speaks of OpenID Connect. */
  readonly isOpenid: boolean
  readonly contentType: string | undefined
  readonly json: ExactObject
}

/** A place without metadata. */
export interface FailedPlace {
  readonly place: string
  readonly why: string
  /** It was asked before the one that has the metadata. */
  readonly isFirst: boolean
}

/** What became of the keys: fetched and read, fetched in vain, or, for a reason that a rule tells, not fetched at all. */
export type PublishedKeys =
  | { readonly state: 'published'; readonly url: string; readonly publication: Publication }
  | { readonly state: 'unreadable'; readonly url: string; readonly why: string }
  | { readonly state: 'not fetched' }

/** A JWK Set with how it was delivered. */
export interface Publication {
  /** Its first thousand keys. */
  readonly set: SetSubject
  /** How many keys it has. */
  readonly count: number
  readonly octets: number
  readonly contentType: string | undefined
  readonly cacheControl: string | undefined
  /** For how many seconds it may be kept; nothing where it does not say. */
  readonly maxAge: number | undefined
}

/** A member of metadata. */
export function memberOf({ json }: Metadata, name: string): ExactJson | undefined {
  return member(json, name)
}

/** The texts of a list of metadata; nothing where it is not there, or is no list. */
export function listOf(metadata: Metadata, name: string): readonly string[] | undefined {
  return textsIn(memberOf(metadata, name))
}

/** The texts of a list. */
export function textsIn(list: ExactJson | undefined): readonly string[] | undefined {
  return list?.kind === 'array' ? list.items.flatMap((item) => textOf(item) ?? []) : undefined
}

/** Whether somebody is sent to the issuer to log in: without that, there is nothing that PKCE would protect. */
export function hasLogin(metadata: Metadata): boolean {
  return memberOf(metadata, 'authorization_endpoint') !== undefined
}

/** The media type without its parameters, in small letters. */
export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? '').replace(/;.*$/s, '').trim().toLowerCase()
}

/** A value of metadata, which everybody may see: a text, or what else it is. */
export function shown(json: ExactJson): string {
  return json.kind === 'string' ? short(json.value) : kindIn(json)
}
