// To come.
export function DeliveriesView() {
  return <h1>DeliveriesView</h1>
}
