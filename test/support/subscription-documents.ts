// The subscriptions of the API, each with the fields that tests look at.
const FIELDS = `cursor isSnapshot from to entityStatus providerStatus via validation { reference status } entity { externalId }`
export const OF_ENTITY = `subscription ($by: EntityBy!, $after: String) { change: entityStatusChanged(by: $by, after: $after) { ${FIELDS} } }`
export const OF_VALIDATION = `subscription ($by: ValidationBy!, $after: String) { change: validationStatusChanged(by: $by, after: $after) { ${FIELDS} } }`
export const OF_ALL = `subscription ($filter: StatusChangeFilter, $after: String) { change: statusChanges(filter: $filter, after: $after) { ${FIELDS} } }`
