/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/**
 * Where a validation stands. Five values are open, seven final (nothing more will happen unless somebody acts), and
 * UNKNOWN is neither. Always keep a default branch in your client: treat a value you do not know like UNKNOWN. "May
 * this customer go on?" is one test: APPROVED.
 */
export type KycStatus =
  /** Final. The customer began and went away. Show: Pick it up again. */
  | 'ABANDONED'
  /** Open. Something was looked at and more or better input is needed; `reasons` says what. Show: Fix this. */
  | 'ACTION_REQUIRED'
  /** Final. A positive decision that is in force. Show: Done. */
  | 'APPROVED'
  /** Final. Somebody withdrew it. */
  | 'CANCELLED'
  /** Final. A technical failure at the provider, without a verdict: never a no. Show: Our problem, try later. */
  | 'ERRORED'
  /** Final. The time ran out before a decision. Show: Begin again. */
  | 'EXPIRED'
  /** Open. The customer is inside the flow. Show: Continue. */
  | 'IN_PROGRESS'
  /** Open. A person must look at it; `waitingOn` says whose. Show: Wait, possibly days. */
  | 'IN_REVIEW'
  /** Final. It was APPROVED and is no longer valid. Show: Verify again. */
  | 'LAPSED'
  /** Open. A record exists, the customer has not begun; or nothing was requested yet (`waitingOn` is then OPERATOR). Show: Start. */
  | 'NOT_STARTED'
  /** Open. Machines work on it. Show: Wait, usually seconds to minutes. */
  | 'PROCESSING'
  /** Final. A negative decision. Whether and how to try again is in `retry`. Show: Not accepted. */
  | 'REJECTED'
  /** Not final. The gateway has never had a state it understands. Show: Wait, and alert your operators. */
  | 'UNKNOWN'
  | '%future added value';

export type CustomerQueryVariables = Exact<{
  customer: string;
}>;


export type CustomerQuery = { entity: { externalId: string | null, status: KycStatus, isVerified: boolean, validUntil: string | null } | null };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}

export const CustomerDocument = {"__meta__":{"documentId":"sha256:d627e94fcc94eec46092296d15eadcf02dd85f96bc15d661f70f8469196c3855"}} as unknown as TypedDocumentString<CustomerQuery, CustomerQueryVariables>;