// Asks for one customer by a document that the gateway was told of: `node main.ts ada-example`.
import { ask } from './ask.ts'
import { CustomerDocument, type KycStatus } from './gen/graphql.ts'

function adviceFor(status: KycStatus): string {
  switch (status) {
    case 'APPROVED':
      return 'is verified'
    case 'ACTION_REQUIRED':
    case 'IN_PROGRESS':
    case 'NOT_STARTED':
      return 'has something to do'
    case 'REJECTED':
      return 'was not accepted'
    default:
      return 'has to wait'
  }
}

const { entity } = await ask(CustomerDocument, { customer: process.argv[2] ?? 'ada-example' })
console.log(entity ? `${entity.externalId} ${adviceFor(entity.status)}` : 'There is no such customer.')
