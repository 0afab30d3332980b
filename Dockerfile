# An image for each executable of the suite, all from this file:
#
#   docker build --build-arg SERVICE=mission -t game/mission .
#
# The final image has the executable, the shared libraries it links, the CAs, and a user: no shell, no package manager.
# Base images are arguments, so that a machine without a registry can bring its own; `make images` does.

ARG BUILD_IMAGE=swift:6.3.1-bookworm
ARG BASE_IMAGE=debian:bookworm-slim
# Where the executables come from: "build" compiles them here, "prebuilt" takes those in the folder bin of the context.
ARG BINARIES=build

# ---------------------------------------------------------------- compiles everything, once for all images
FROM ${BUILD_IMAGE} AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libcurl4-openssl-dev libhiredis-dev libjemalloc-dev libmariadb-dev libpq-dev \
        librdkafka-dev libssl-dev pkg-config rsync \
    && rm -rf /var/lib/apt/lists/*
# One product alone, for who wants one image alone; everything without it.
ARG PRODUCT
COPY . /context
# The folder with sources and build outlives an edit: only what has another content is written, so that only that, and
# what depends on it, is compiled again. Files that COPY writes are new ones for the build system, each time.
RUN --mount=type=cache,target=/root/.cache/org.swift.swiftpm \
    --mount=type=cache,id=game-suite,target=/work,sharing=locked \
    mkdir -p /work/src \
    && rsync -rlp --checksum --delete /context/ /work/src/ \
    && swift build -c release --static-swift-stdlib --package-path /work/src --scratch-path /work/build \
        ${PRODUCT:+--product "$PRODUCT"} \
    && /context/infra/images/executables.sh /work/build/release /out

# ---------------------------------------------------------------- or takes what was compiled elsewhere
FROM scratch AS prebuilt
COPY bin /out

# hadolint ignore=DL3006
FROM ${BINARIES} AS binaries

# ---------------------------------------------------------------- gathers each one's file system
# hadolint ignore=DL3006
FROM ${BASE_IMAGE} AS gathered
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libcurl4 libhiredis0.14 libjemalloc2 libmariadb3 libpq5 librdkafka1 libssl3 \
    && rm -rf /var/lib/apt/lists/*
COPY infra/images/gather.sh /usr/local/bin/
COPY --from=binaries /out /out
RUN gather.sh /out /images

# ---------------------------------------------------------------- the image
FROM scratch
ARG SERVICE
COPY --from=gathered /images/${SERVICE} /
ENV PATH=/app
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/app/service"]
LABEL org.opencontainers.image.title="game/${SERVICE}" \
      org.opencontainers.image.description="A service of the customer-engagement game"
