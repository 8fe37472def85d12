# The image: the bundled program on Node.js, tini as PID 1, a POSIX shell for `exec` tasks; not root, nothing to write but the
# journal. Two targets: `slim`, and `tools` with the curl and jq that many drain scripts expect.
#
#   docker build --tag hookkeeper .                            (slim)
#   docker build --target tools --tag hookkeeper:tools .
#
# Pin the bases by digest where you build for others: --build-arg NODE_IMAGE=…@sha256:… --build-arg BASE_IMAGE=…@sha256:…
# Both have to be of one Debian release: the node binary goes from one to the other.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim
ARG BASE_IMAGE=debian:bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json esbuild.config.mjs ./
COPY .ci .ci
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY src src
# program.v8 is code for this very Node.js. A build under QEMU for another architecture makes code for that one.
RUN node esbuild.config.mjs \
 && cp "$(command -v node)" /build/node \
 && cp "$(ls /usr/local/LICENSE node_modules/node-*/LICENSE 2> /dev/null | head -n 1)" /build/dist/LICENSE-of-Node.js

FROM ${BASE_IMAGE} AS base
# Nothing here depends on when it is built, but for Debian's updates. One file differs from build to build: program.v8, the code
# that V8 makes of the program in its own way each time.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates libstdc++6 tini \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/ldconfig /var/log/apt /var/log/dpkg.log /var/log/alternatives.log \
 && mkdir -p /etc/hookkeeper \
 && install -d -o 65532 -g 65532 /var/lib/hookkeeper
COPY --from=build /build/node /usr/local/bin/node
COPY --from=build /build/dist /usr/local/lib/hookkeeper
COPY LICENSE /usr/local/lib/hookkeeper/
# The flags keep a sidecar's memory small, and are none that V8 would refuse program.v8 for. What reads the manifests of a whole
# cluster runs elsewhere, and needs more.
RUN printf '%s\n' '#!/bin/sh' \
      'case "$1" in check | inject | plan | rehearse) exec node /usr/local/lib/hookkeeper/hookkeeper.cjs "$@" ;; esac' \
      'exec node --max-semi-space-size=1 --max-old-space-size=32 --v8-pool-size=1 /usr/local/lib/hookkeeper/hookkeeper.cjs "$@"' \
      > /usr/local/bin/hookkeeper \
 && chmod 0755 /usr/local/bin/hookkeeper
# Fewer malloc arenas and I/O threads: a sidecar's memory is paid on every pod.
ENV NODE_ENV=production MALLOC_ARENA_MAX=1 UV_THREADPOOL_SIZE=2
USER 65532:65532
VOLUME /var/lib/hookkeeper
EXPOSE 9740 9741
# tini reaps what scripts leave behind, by `-s` also where it is not PID 1, as containers of the pod share their processes: it would
# only complain of that. `-g` is not given, so a signal goes to hookkeeper alone.
ENTRYPOINT ["/usr/bin/tini", "-s", "--", "hookkeeper"]
CMD ["serve"]
ARG VERSION=dev
ARG REVISION=unknown
ARG BASE_IMAGE
LABEL org.opencontainers.image.title="Hookkeeper" \
      org.opencontainers.image.description="A sidecar that turns Kubernetes postStart and preStop hooks into managed runs of tasks" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE_IMAGE}"

FROM base AS tools
USER root
RUN apt-get update \
 && apt-get install --yes --no-install-recommends curl jq \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/ldconfig /var/log/apt /var/log/dpkg.log /var/log/alternatives.log
USER 65532:65532

FROM base AS slim
