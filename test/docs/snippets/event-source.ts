// An EventSource, which goes on by itself where it stopped.
// prints: { entityStatus: 'PROCESSING', waitingOn: 'PROVIDER' }
// prints: { entityStatus: 'ACTION_REQUIRED', waitingOn: 'CUSTOMER' }
import { EventSource as NodeEventSource } from 'eventsource'
import { changeKira, GATEWAY } from '../demo.ts'

/** As in a page that the gateway's own host has served. */
class EventSource extends NodeEventSource {
  constructor(path: string) {
    super(`${GATEWAY}${path}`)
  }
}

const query = `subscription { entityStatusChanged(by: { externalId: "kira-example" }) { entityStatus waitingOn } }`
const events = new EventSource(`/graphql?query=${encodeURIComponent(query)}`)
events.addEventListener('next', ({ data }) => console.log(JSON.parse(data).data.entityStatusChanged))

let heard = 0
events.addEventListener('next', () => {
  heard += 1
  if (heard === 1) void changeKira({ status: 'documents_required', kyc_action: 'doc_upload' })
  else events.close()
})
