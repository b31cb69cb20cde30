// Every query that leads to an entity or a validation, for tests of who may find what.

const FIELDS = 'id status'
const ENTITY_FIELDS = `${FIELDS} externalId currentValidation { ${FIELDS} }`

/** `found`, or `nodes`, holds what is there. */
export const WAYS: Readonly<Record<string, string>> = {
  id: `query ($entity: ID!) { found: entity(by: { id: $entity }) { ${ENTITY_FIELDS} } }`,
  'id, fresh': `query ($entity: ID!) { found: entity(by: { id: $entity }, maxAge: 0) { ${ENTITY_FIELDS} } }`,
  externalId: `query ($externalId: String!) { found: entity(by: { externalId: $externalId }) { ${ENTITY_FIELDS} } }`,
  account: `query ($account: String!) { found: entity(by: { account: { provider: "gu1", reference: $account } }) { ${ENTITY_FIELDS} } }`,
  node: `query ($entity: ID!) { found: node(id: $entity) { id ... on Entity { status } } }`,
  nodes: `query ($entity: ID!, $validation: ID!) { nodes(ids: [$entity, $validation]) { id } }`,
  representations: `query ($entity: ID!, $validation: ID!, $externalId: String!) {
    nodes: _entities(representations: [{ __typename: "Entity", id: $entity }, { __typename: "Validation", id: $validation },
      { __typename: "Entity", externalId: $externalId }]) { ... on Entity { ${ENTITY_FIELDS} } ... on Validation { id } } }`,
  'node of a validation': `query ($validation: ID!) { found: node(id: $validation) { id ... on Validation { entity { id } } } }`,
  validation: `query ($validation: ID!) { found: validation(by: { id: $validation }) { ${FIELDS} entity { id } } }`,
  'validation, fresh': `query ($validation: ID!) { found: validation(by: { id: $validation }, maxAge: 0) { ${FIELDS} reasons { code } } }`,
  reference: `query ($reference: String!) { found: validation(by: { reference: { provider: "gu1", reference: $reference } }) { ${FIELDS} } }`,
  'reference at an account': `query ($reference: String!, $account: String!) { found: validation(by: { reference: { provider: "gu1", reference: $reference, account: $account } }) { ${FIELDS} } }`,
}
