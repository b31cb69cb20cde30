// The console as a whole: who uses it, where they can go, and which view an address is.
import { lazy, Suspense } from 'react'
import { Link, Route, Router, Switch, useLocation } from 'wouter'
import { Boundary } from './boundary.tsx'
import { CustomerView } from './customer-view.tsx'
import { CustomersView } from './customers-view.tsx'
import { DeliveriesView } from './deliveries-view.tsx'
import { Heading } from './heading.tsx'
import type { IconName } from './icon-paths.ts'
import { Icon } from './icons.tsx'
import { SandboxView } from './sandbox-view.tsx'
import { SessionGate, useSession } from './session.tsx'
import { Skeleton } from './states.tsx'
import { ThemeToggle } from './theme.tsx'

// The charts come with it.
const ProvidersView = lazy(async () => ({ default: (await import('./providers-view.tsx')).ProvidersView }))

export function App() {
  return (
    <Router base="/console">
      <SessionGate>
        <a className="skip" href="#main">
          Skip to the content
        </a>
        <div className="shell">
          <Sidebar />
          <Main />
        </div>
      </SessionGate>
    </Router>
  )
}

function Main() {
  const [location] = useLocation()
  return (
    <main id="main" tabIndex={-1}>
      <Boundary key={location}>
        <Suspense fallback={<Skeleton rows={6} />}>
          <Switch>
            <Route path="/" component={CustomersView} />
            <Route path="/customers/:id">{({ id }) => <CustomerView id={id} />}</Route>
            <Route path="/providers" component={ProvidersView} />
            <Route path="/deliveries" component={DeliveriesView} />
            <Route path="/sandbox" component={SandboxView} />
            <Route component={Nothing} />
          </Switch>
        </Suspense>
      </Boundary>
    </main>
  )
}

const VIEWS: readonly { path: string; name: string; icon: IconName; onlySandbox?: boolean }[] = [
  { path: '/', name: 'Customers', icon: 'people' },
  { path: '/providers', name: 'Providers', icon: 'plug' },
  { path: '/deliveries', name: 'Deliveries', icon: 'inbox' },
  { path: '/sandbox', name: 'Sandbox', icon: 'play', onlySandbox: true },
]

function Sidebar() {
  const { viewer, signOut } = useSession()
  const [location] = useLocation()
  const isHere = (path: string) =>
    path === '/' ? location === '/' || location.startsWith('/customers/') : location.startsWith(path)
  return (
    <header className="sidebar">
      <p className="brand">
        <span className="brand-mark" aria-hidden="true">
          <Icon name="check" size={14} />
        </span>
        <span>
          KYC console
          {viewer.isSandbox && <small>Sandbox, all invented</small>}
        </span>
      </p>
      <nav aria-label="Views">
        <ul>
          {VIEWS.filter(({ onlySandbox }) => !onlySandbox || viewer.isSandbox).map(({ path, name, icon }) => (
            <li key={path}>
              <Link href={path} aria-current={isHere(path) ? 'page' : undefined}>
                <Icon name={icon} /> <span className="nav-word">{name}</span>
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div className="who">
        <p title={`Tenant ${viewer.tenant}`}>
          <span className="who-name">{viewer.subject}</span>
          <small>{viewer.tenant}</small>
        </p>
        <div className="who-tools">
          <ThemeToggle />
          {signOut && (
            <button type="button" className="plain" onClick={signOut} aria-label="Sign out">
              <Icon name="out" /> <span className="nav-word">Sign out</span>
            </button>
          )}
        </div>
      </div>
    </header>
  )
}

function Nothing() {
  return (
    <>
      <Heading title="Nothing is here" />
      <p>
        The address is none of this console’s. <Link href="/">All customers</Link>
      </p>
    </>
  )
}
