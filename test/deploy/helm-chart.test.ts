// The Helm chart, rendered by Helm itself: what an operator gets with the defaults, with everything, and with what is wrong.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { KNOWN_SETTINGS } from '../../src/known-settings.ts'
import { HAS_HELM, lintChart, type Manifest, type Rendered, renderChart } from '../support/helm.ts'
import { MASTER_KEY_SETTING } from '../support/master-key.ts'

const ROOT = join(import.meta.dirname, '../..')
const LEAST = { image: { repository: 'registry.example/kyc' }, existingSecrets: ['kyc'] }
const ALL = {
  ...LEAST,
  existingSecrets: ['kyc', 'kyc-providers'],
  settings: { KYC_MODE: 'live', RATE_LIMIT_PER_MINUTE: 500, CORS_ORIGINS: 'https://app.example' },
  workers: 'auto',
  files: { trustedDocuments: { 'web-1.json': '{}', 'app-2.json': '{}' } },
  ingress: { enabled: true, host: 'kyc.example', tlsSecret: 'kyc-tls', className: 'nginx' },
  autoscaling: { enabled: true },
  networkPolicy: { enabled: true, egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] },
  serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
  podLabels: { team: 'onboarding' },
}
/** What is in the Secrets that the chart only names. */
const SECRET = {
  ...MASTER_KEY_SETTING,
  DATABASE_URL: 'postgres://db.example/kyc',
  GU1_BASE_URL: 'https://gu1.example',
  GU1_API_KEY: 'gk_example',
  KYC_PROVIDERS: 'gu1',
}

const podOf = (manifest: Manifest) => manifest.spec.template.spec
const containerOf = (manifest: Manifest) => podOf(manifest).containers[0]

describe.skipIf(!HAS_HELM)('the chart', { timeout: 60_000 }, () => {
  it.each([
    ['the least that must be said', LEAST],
    ['everything', ALL],
  ])('is well formed with %s', async (_, values) => {
    expect(await lintChart(values)).toContain('0 chart(s) failed')
    const { manifests } = await renderChart(values)
    for (const { metadata } of manifests)
      expect(metadata.labels).toMatchObject({
        'app.kubernetes.io/instance': 'trial',
        'app.kubernetes.io/managed-by': 'Helm',
      })
  })

  it('has with the defaults what every installation needs, and with everything the rest', async () => {
    const kinds = ({ manifests }: Rendered) => manifests.map(({ kind }) => kind).toSorted()
    const least = ['ConfigMap', 'Deployment', 'Job', 'PodDisruptionBudget', 'Service', 'ServiceAccount']
    expect(kinds(await renderChart(LEAST))).toEqual(least)
    const more = ['ConfigMap', 'HorizontalPodAutoscaler', 'Ingress', 'NetworkPolicy', 'ServiceMonitor']
    expect(kinds(await renderChart(ALL))).toEqual([...least, ...more].toSorted())
  })

  it('is of the version of the package', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const chart = readFileSync(join(ROOT, 'deploy/helm/kyc-gateway/Chart.yaml'), 'utf8')
    expect(chart).toContain(`\nappVersion: ${version}\n`)
  })

  it('asks the gateway whether it lives and is ready, at the port it listens on', async () => {
    const { get } = await renderChart(ALL)
    const { startupProbe, livenessProbe, readinessProbe, ports, lifecycle } = containerOf(get('Deployment'))
    expect(ports).toEqual([{ name: 'http', containerPort: 4000 }])
    expect([startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet)).toEqual([
      { path: '/livez', port: 'http' },
      { path: '/livez', port: 'http' },
      { path: '/readyz', port: 'http' },
    ])
    expect(get('ConfigMap', 'kyc-gateway').data.PORT).toBe('4000')
    expect(get('Service').spec.ports).toEqual([{ name: 'http', port: 80, targetPort: 'http' }])
    expect(get('ServiceMonitor').spec.endpoints[0]).toMatchObject({ port: 'http', path: '/metrics' })
    // A gateway ends by itself within 10 seconds, after the pause.
    expect(lifecycle.preStop.exec.command).toEqual(['node', '-e', 'setTimeout(() => {}, 5000)'])
    expect(podOf(get('Deployment')).terminationGracePeriodSeconds).toBeGreaterThanOrEqual(5 + 10)
  })

  it('gives gateway and migration nothing they could do harm with', async () => {
    const { get } = await renderChart(ALL)
    for (const manifest of [get('Deployment'), get('Job')]) {
      expect(podOf(manifest).securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      expect(podOf(manifest).automountServiceAccountToken).toBe(false)
      const { securityContext, resources } = containerOf(manifest)
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
      expect(resources.limits.memory).toMatch(/^\d+Mi$/)
    }
    expect(get('ServiceAccount').automountServiceAccountToken).toBe(false)
  })

  it('names secrets and holds none: they are mounted as SETTINGS_DIR', async () => {
    const rendered = await renderChart(ALL)
    expect(rendered.manifests.filter(({ kind }) => kind === 'Secret')).toEqual([])
    for (const manifest of [rendered.get('Deployment'), rendered.get('Job')]) {
      const [volume] = podOf(manifest).volumes
      expect(volume.projected.sources).toEqual([
        { secret: { name: 'kyc' } },
        { secret: { name: 'kyc-providers' } },
      ])
      expect(volume.projected.defaultMode).toBe(0o440)
      const mount = { name: 'settings', mountPath: '/etc/kyc-gateway/settings', readOnly: true }
      expect(containerOf(manifest).volumeMounts).toContainEqual(mount)
    }
    expect(rendered.get('ConfigMap', 'kyc-gateway').data.SETTINGS_DIR).toBe('/etc/kyc-gateway/settings')
    expect(containerOf(rendered.get('Job')).env).toEqual([
      { name: 'SETTINGS_DIR', value: '/etc/kyc-gateway/settings' },
    ])
  })

  it('sets settings that there are, and that a gateway accepts together with its secrets', async () => {
    const { get } = await renderChart(ALL)
    const { data } = get('ConfigMap', 'kyc-gateway')
    const { NODE_OPTIONS, ...settings } = data as Record<string, string>
    expect(Object.keys(settings).filter((name) => !KNOWN_SETTINGS.has(name))).toEqual([])
    expect(NODE_OPTIONS).toBe('--max-old-space-size-percentage=70')
    const config = readConfig({ ...SECRET, ...settings })
    expect(config).toMatchObject({ mode: 'live', host: '0.0.0.0', port: 4000, rateLimitPerMinute: 500 })
    const mounted = podOf(get('Deployment')).volumes[1].configMap.name
    const files = Object.keys(get('ConfigMap', 'files').data).map((name) => `/etc/kyc-gateway/files/${name}`)
    expect([mounted, config.trustedDocuments.manifests]).toEqual(['trial-kyc-gateway-files', files])
  })

  it('passes numbers on as they are written', async () => {
    const settings = { WEBHOOK_TENANT: 12_345_678, RATE_LIMIT_PER_MINUTE: 0 }
    const { data } = (await renderChart({ ...LEAST, settings })).get('ConfigMap')
    expect(data).toMatchObject({ WEBHOOK_TENANT: '12345678', RATE_LIMIT_PER_MINUTE: '0' })
  })

  it('selects with each selector the pods of the Deployment, and no migration', async () => {
    const { get } = await renderChart(ALL)
    const { labels } = get('Deployment').spec.template.metadata
    const migration = get('Job').spec.template.metadata.labels
    const selectors = [
      get('Deployment').spec.selector.matchLabels,
      get('Service').spec.selector,
      get('PodDisruptionBudget').spec.selector.matchLabels,
      get('NetworkPolicy').spec.podSelector.matchLabels,
      ...podOf(get('Deployment')).topologySpreadConstraints.map(
        (one: { labelSelector: { matchLabels: object } }) => one.labelSelector.matchLabels,
      ),
    ]
    expect(selectors).toHaveLength(6)
    for (const selector of selectors) {
      expect(selector).toEqual(selectors[0])
      expect(labels).toMatchObject(selector)
      expect(migration).not.toMatchObject(selector)
    }
    expect(get('Service').metadata.labels).toMatchObject(get('ServiceMonitor').spec.selector.matchLabels)
    expect(get('HorizontalPodAutoscaler').spec.scaleTargetRef.name).toBe(get('Deployment').metadata.name)
    expect(get('Deployment').spec.replicas).toBeUndefined()
    expect(labels.team).toBe('onboarding')
  })

  it('migrates before anything of a release is there, with its image', async () => {
    const { get } = await renderChart(LEAST)
    const job = get('Job')
    expect(job.metadata.annotations).toEqual({
      'helm.sh/hook': 'pre-install,pre-upgrade',
      'helm.sh/hook-weight': '0',
      'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded',
    })
    expect([containerOf(job).image, containerOf(job).args]).toEqual([
      containerOf(get('Deployment')).image,
      ['migrate'],
    ])
    expect(podOf(job).serviceAccountName).toBeUndefined()
    expect(containerOf(get('Deployment')).args).toEqual(['serve', '--workers', '1'])
  })

  it('runs gateway and migration on the machines that are meant for them', async () => {
    const nodeSelector = { pool: 'kyc' }
    const tolerations = [{ key: 'kyc', operator: 'Exists' }]
    const { get } = await renderChart({ ...LEAST, nodeSelector, tolerations })
    for (const manifest of [get('Deployment'), get('Job')])
      expect(podOf(manifest)).toMatchObject({ nodeSelector, tolerations })
  })

  it('makes other pods where a variable is another one, and none where only a file is', async () => {
    const sumOf = async (values: object) =>
      (await renderChart(values)).get('Deployment').spec.template.metadata.annotations['checksum/settings']
    const sum = await sumOf(ALL)
    expect(await sumOf({ ...ALL, settings: { KYC_MODE: 'live' } })).not.toBe(sum)
    const files = { trustedDocuments: { 'web-1.json': '{ }', 'app-2.json': '{}' } }
    expect(await sumOf({ ...ALL, files })).toBe(sum)
  })

  it.each<[string, object, string]>([
    ['no image', { image: { repository: '' } }, 'image.repository'],
    ['no Secret', { existingSecrets: [] }, 'existingSecrets'],
    ['the sandbox', { settings: { KYC_MODE: 'sandbox' } }, 'settings.KYC_MODE'],
    [
      'an ingress for everything',
      { ingress: { enabled: true, host: 'a.example', paths: ['/'] } },
      'ingress.paths.0',
    ],
    ['an ingress without a host', { ingress: { enabled: true } }, 'ingress'],
    ['a value that there is not', { replicaCount: 3 }, 'replicaCount'],
    // What YAML reads as no text, and a gateway as nothing it knows.
    ['a word of YAML for the console', { settings: { CONSOLE: false } }, 'settings.CONSOLE'],
    [
      'a word of YAML for documents',
      { settings: { TRUSTED_DOCUMENTS: false } },
      'settings.TRUSTED_DOCUMENTS',
    ],
    ['a pause that leaves a gateway no time', { preStopSeconds: 20 }, 'terminationGracePeriodSeconds'],
    ['less time than a gateway needs', { terminationGracePeriodSeconds: 5 }, 'terminationGracePeriodSeconds'],
    ...[...KNOWN_SETTINGS]
      .filter(([, { secret }]) => secret)
      .map(([name]): [string, object, string] => [
        `${name} in the clear`,
        { settings: { [name]: 'x' } },
        'settings',
      ]),
  ])('is refused with %s', async (_, values, where) => {
    await expect(renderChart({ ...LEAST, ...values })).rejects.toThrow(where)
  })
})
