// Validations, statuses and changes as the end user they are about may see them; see src/domain/customer.ts.
import { customerDecision, customerFacts, customerReasons } from '../domain/customer.ts'
import { isFinal } from '../domain/status.ts'
import type { StatusChangeView } from './history.ts'
import type { ValidationView } from './validation-view.ts'

/** Whatever could differ between a review because of a watchlist and any other is the same here. */
export function customerValidation(view: ValidationView): ValidationView {
  const facts = customerFacts(view)
  const { status } = facts
  return {
    ...view,
    ...facts,
    // The provider's words are for its support desk; ours stands in their place.
    providerStatus: status,
    providerSubStatus: null,
    providerStatusRecognized: true,
    recognized: true,
    flow: null,
    reasons: customerReasons(view.reasons, status),
    decision: customerDecision(view.decision, status),
    // Checks that all went well beside a review would name the one that is left out.
    verifications: [],
    // Screening touches a record without a change of its status.
    updatedAt: view.statusChangedAt,
    completedAt: isFinal(status) ? view.completedAt : null,
    parentReference: null,
    memberAccounts: [],
  }
}

export function customerChange<Change extends StatusChangeView>(change: Change): Change {
  const { to, details } = change
  const { waitingOn } = customerFacts({
    status: to,
    waitingOn: details.waitingOn,
    retry: 'NONE',
    blockedBy: 'SELF',
  })
  const reasons = customerReasons(details.reasons, to)
  return { ...change, details: { ...details, waitingOn, reasons, providerStatus: to, isUnexpected: false } }
}
