# The gateway as `npm pack` makes it. Settings come when it runs, from the environment or from SETTINGS_DIR:
# docs/generated/configuration.md. The root may be read-only: /data alone is written to, and only where the database is embedded.
ARG BASE=node:24.21.0-trixie-slim

# With what is needed to build the command and the console.
FROM ${BASE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build && npm pack --ignore-scripts --pack-destination /tmp
RUN mkdir /app /data && tar -xzf /tmp/kyc-gateway-*.tgz -C /app --strip-components=1

# With what is needed to run, the packages of OpenTelemetry among it.
FROM ${BASE} AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm pkg delete devDependencies && npm install --ignore-scripts --no-audit --no-fund
COPY --from=build /app ./
RUN mkdir node_modules/.cache && chown 1000:1000 node_modules/.cache
# Compiles once, so that the first start is as quick as later ones. Node keeps what it has compiled for one user.
USER 1000:1000
RUN ["node", "bin/kyc-gateway.js", "--help"]

# Nothing is run to make this, and nothing needs a shell: another base with the same Node can be given.
FROM ${BASE}
LABEL org.opencontainers.image.title="kyc-gateway" \
      org.opencontainers.image.description="One GraphQL schema and one status vocabulary over KYC providers" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY --from=packages /app ./
COPY --from=build --chown=1000:1000 --chmod=700 /data /data
# Emulators refuse to run in production: they never stand in for providers there. The heap may take what the container has, but
# for what is beside it; with --workers, give each its share.
ENV NODE_ENV=production DATA_DIR=/data NODE_OPTIONS=--max-old-space-size-percentage=70
# A number, so that Kubernetes can see that it is not root.
USER 1000:1000
EXPOSE 4000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 4000}/livez`).then((it) => process.exit(it.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/kyc-gateway.js"]
CMD ["serve"]
