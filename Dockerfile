# The image: the bundled program on Node.js, tini as PID 1, a POSIX shell for `exec` tasks; not root.
ARG NODE_IMAGE=docker.io/library/node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json esbuild.config.mjs ./
COPY .ci/node .ci/node
COPY .ci/code-cache.cjs .ci/
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY src src
RUN node esbuild.config.mjs

FROM ${NODE_IMAGE}
RUN apt-get update \
 && apt-get install --yes --no-install-recommends tini ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && mkdir -p /var/lib/hookkeeper /etc/hookkeeper \
 && chown 65532:65532 /var/lib/hookkeeper
# program.v8 is code for this very Node.js: both stages have the same.
COPY --from=build /build/dist/hookkeeper.cjs /build/dist/program.js /build/dist/program.v8 /build/dist/pino-pretty.cjs /build/dist/snapshot-worker.cjs /build/dist/tools.cjs /usr/local/lib/hookkeeper/
RUN printf '#!/bin/sh\nexec node --max-semi-space-size=1 --max-old-space-size=32 --v8-pool-size=1 /usr/local/lib/hookkeeper/hookkeeper.cjs "$@"\n' > /usr/local/bin/hookkeeper \
 && chmod 0755 /usr/local/bin/hookkeeper
# Fewer malloc arenas and I/O threads: a sidecar's memory is paid on every pod.
ENV NODE_ENV=production MALLOC_ARENA_MAX=1 UV_THREADPOOL_SIZE=2
USER 65532:65532
VOLUME /var/lib/hookkeeper
EXPOSE 9740 9741
# tini reaps what scripts leave behind; `-g` is not given, so a signal goes to hookkeeper alone.
ENTRYPOINT ["/usr/bin/tini", "--", "hookkeeper"]
CMD ["serve"]
