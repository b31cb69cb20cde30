// To come.
export function ProvidersView() {
  return <h1>ProvidersView</h1>
}
