# The images of waylay: sidecar (init container and proxy), webhook, preview, cli, propagate.
#
#   docker build --target sidecar -t waylay/sidecar:0.1.0 .
#
# BASE_IMAGE is any Debian-like image with Node 26. Packages are installed only where the base lacks them, so a base
# that carries them builds without a network.
ARG BASE_IMAGE=node:26-bookworm-slim

FROM ${BASE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
# Tests mount the checkout's node_modules here instead.
RUN [ -d node_modules/esbuild ] || npm ci --ignore-scripts --no-fund --no-audit
COPY . .
# Another version than the sources' own: for tests of two versions beside each other.
ARG WAYLAY_VERSION=
RUN node build/bundle.ts ${WAYLAY_VERSION:+--as-version "$WAYLAY_VERSION"}

# Both containers of an injected pod: rules first, then the proxy. One file each, nothing of npm.
FROM ${BASE_IMAGE} AS sidecar
RUN command -v iptables-nft-restore && command -v iptables-legacy-restore && command -v nft && command -v ip \
    || (apt-get update && apt-get install -y --no-install-recommends iptables nftables iproute2 && rm -rf /var/lib/apt/lists/*)
COPY --from=build /src/dist/package.json /src/dist/init.js /src/dist/proxy.js /src/proxy/supervisor.sh /waylay/
# The uid and gid by which the redirect rules know the proxy. The webhook starts waylay-init as root: it alone needs it.
USER 15901:15901
ENTRYPOINT ["/bin/bash", "/waylay/supervisor.sh"]

FROM ${BASE_IMAGE} AS webhook
COPY --from=build /src/dist/package.json /src/dist/webhook.js /waylay/
USER 15901:15901
ENTRYPOINT ["node", "/waylay/webhook.js"]

FROM ${BASE_IMAGE} AS preview
COPY --from=build /src/dist/package.json /src/dist/preview.js /waylay/
USER 15902:15902
ENTRYPOINT ["node", "/waylay/preview.js"]

FROM ${BASE_IMAGE} AS cli
COPY --from=build /src/manifests /waylay/manifests
COPY --from=build /src/dist /waylay/dist
USER 15901:15901
ENTRYPOINT ["node", "/waylay/dist/waylay.js"]

# What waylay.dev/propagate lays beside apps in Java and Python. The project's own scripts hand in folders by the names of
# the two stages below, from a cache; then none of this is run.
FROM build AS parts
RUN node build/propagate-parts.ts /parts

FROM scratch AS propagate-java
COPY --from=parts /parts/java/ /

FROM scratch AS propagate-python
COPY --from=parts /parts/python/ /

# A folder for each language, copied from here by `cp`.
FROM ${BASE_IMAGE} AS propagate
COPY --from=build /src/dist/register.cjs /src/dist/propagate.cjs /waylay/nodejs/
COPY --from=propagate-java . /waylay/java/
COPY --from=propagate-python . /waylay/python/
USER 15901:15901
CMD ["ls", "/waylay"]
