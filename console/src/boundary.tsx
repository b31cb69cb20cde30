// What stands in the place of a view that could not be drawn, or whose code is no longer there after an upgrade of the gateway.
import { Component, type ReactNode } from 'react'
import { Heading } from './heading.tsx'

export class Boundary extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false }

  static getDerivedStateFromError() {
    return { hasFailed: true }
  }

  override render() {
    if (!this.state.hasFailed) return this.props.children
    return (
      <>
        <Heading title="This view cannot be shown" />
        <p>The console may be older than the gateway. It is loaded anew with this address.</p>
        <div className="actions">
          <button type="button" className="primary" onClick={() => location.reload()}>
            Load anew
          </button>
        </div>
      </>
    )
  }
}
