# The gateway. Settings come from the environment when it runs: docs/generated/configuration.md
FROM node:24-slim AS console
WORKDIR /app
COPY package.json package-lock.json tsconfig.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY console console
RUN npm run build:console

FROM node:24-slim
WORKDIR /app

COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force
COPY bin bin
COPY src src
COPY schema schema
COPY migrations migrations
COPY console/documents.json console/
COPY --from=console /app/console/dist console/dist
# Compiles once, so that the first start is as quick as later ones; the embedded database needs a place it may write to.
RUN node bin/kyc-gateway.js --help > /dev/null && install -d -o node -g node -m 700 /data

# Emulators refuse to run with this: they never stand in for providers in production.
ENV NODE_ENV=production DATA_DIR=/data
USER node
ENTRYPOINT ["node", "bin/kyc-gateway.js"]
CMD ["serve"]
