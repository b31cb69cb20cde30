// Bodies of Sila's answers, in the forms its documentation has had. All people and businesses are invented.

export const RECORD_ID = '5d7a1c30-94f1-4c07-8a5e-3b9f1e6c1001'
export const FLOW_ID = 'e3c5a7d2-1f64-4b0f-9f0a-7c2d8b4e2002'
export const REQUESTED_AT = 1_928_620_800
export const UPDATED_AT = 1_928_620_833

/** Source: page of /get_verifications/<verification_uuid>, earlier edition (seed): handle as key, text as milliseconds. */
export const SEED_RECORD = {
  success: true,
  status: 'SUCCESS',
  message: 'demo text',
  response_time_ms: '88',
  verification_id: RECORD_ID,
  entity_type: 'individual',
  verification_status: 'review',
  flow: FLOW_ID,
  checks_performed: ['kyc'],
  requested_at: REQUESTED_AT,
  updated_at: UPDATED_AT,
  parent_verification: null,
  reasons: { 'ada_example.silamoney.eth': ['Address Not Verified', 'KYC Name Match'] },
}

/** Source: the same page, newest edition (doc): `User`, one key with an empty list, two fields more. */
export const NEWEST_RECORD = {
  success: true,
  status: 'SUCCESS',
  sila_reference_id: 'req_demo0002',
  verification_id: RECORD_ID,
  entity_type: 'User',
  verification_status: 'passed',
  flow: FLOW_ID,
  checks_performed: ['priority_kyc'],
  requested_at: REQUESTED_AT,
  updated_at: UPDATED_AT,
  parent_verification: null,
  reasons: { for_kyc_response: [] },
  kyc_action: null,
  certification_status: null,
}

/** Source: the same page, middle edition (doc), with the reasons of a business and of its members. */
export const BUSINESS_RECORD = {
  ...SEED_RECORD,
  entity_type: 'business',
  verification_status: 'member_review',
  checks_performed: ['kyb', 'kyc'],
  reasons: {
    example_bakery: ['Company Name Verified', 'FEIN Unmatched'],
    'Ada_Example.silamoney.eth': ['DOB Not Verified'],
    bob_example: [],
  },
  kyc_action: null,
  certification_status: null,
}

/** Source: page of /get_verifications (doc). */
export const LIST = {
  success: true,
  sila_reference_id: 'req_demo0001',
  verifications: [
    {
      verification_uuid: '5d7a1c30-94f1-4c07-8a5e-3b9f1e6c1002',
      flow: FLOW_ID,
      verification_status: 'failed',
      requested_at: REQUESTED_AT - 86_400,
    },
    {
      verification_uuid: RECORD_ID,
      flow: FLOW_ID,
      verification_status: 'review',
      requested_at: REQUESTED_AT,
    },
  ],
}

/** Source: page of /auth_token (doc); the token is base64 text, as in the sample. */
export const TOKEN_LIFETIME_SECONDS = 8 * 3600

/** Source: page of /get_verifications/<verification_uuid> (seed): the text names the id. */
export const NOT_FOUND = {
  success: false,
  status: 'FAILURE',
  message: `No KYC verification record can be found matching id ${RECORD_ID}`,
}
