#!/usr/bin/env bash
# make images: an OCI archive of every image under RUN_DIR/images, all from the one Dockerfile.
#
# With Docker, upstream's base images are used and everything is compiled in the container. Without it, buildah builds
# from the same Dockerfile: the base is made by debootstrap, because no registry may be within reach, and the executables
# are those of `make build` (BINARIES=prebuilt). COMPILE=1 compiles them in the container there, too: the image for it is
# made of this machine's own toolchain.
#
#   ONLY="mission mypage"  these images alone        TAG=dev  their tag
#   BASE_IMAGE=…           another base image        SUITE_BIN=…  ready executables, nothing is compiled
#   COMPILE=1              compile in the container  BUILD_IMAGE=…  another image for that
set -euo pipefail
# shellcheck source=../local/lib.sh
. "$(dirname "$0")/../local/lib.sh"
# shellcheck source=lib.sh
. "$ROOT/infra/images/lib.sh"
# shellcheck source=toolchain.sh
. "$ROOT/infra/images/toolchain.sh"

TAG=${TAG:-dev}
lock_run_dir
mkdir -p "$IMAGES"

# has_docker: an engine, and upstream's base images, here already or to be pulled
has_docker() {
    local image images
    docker info >/dev/null 2>&1 || return 1
    mapfile -t images < <(sed -n 's/^ARG \(BUILD\|BASE\)_IMAGE=//p' "$ROOT/Dockerfile")
    for image in "${images[@]}"; do
        docker image inspect "$image" >/dev/null 2>&1 || timeout 600 docker pull -q "$image" >>"$log" 2>&1 || return 1
    done
}

# wanted NAME
wanted() { [[ -z ${ONLY:-} || " $ONLY " = *" $1 "* ]]; }

# examine NAME: its name, its user, and that there is no secret and no tool in it
examine() {
    PYTHONDONTWRITEBYTECODE=1 python3 "$ROOT/infra/images/archive.py" "localhost/game/$1:$TAG" "$IMAGES/$1.tar" \
        2>>"$log" || { failure "$1" "$(last_line "$log")" "$log" && rm -f "$IMAGES/$1.tar" && return 1; }
}

# archive NAME: the image as an OCI archive that `ctr -n k8s.io images import` and `podman load` take, name included
archive() {
    local file=$IMAGES/$1.tar
    rm -f "$file"
    engine buildah push -q "localhost/game/$1:$TAG" "oci-archive:$file:localhost/game/$1:$TAG"
    examine "$1"
    report "$1" "$(short "$file"), $(($(stat -c %s "$file") / 1048576)) MiB" "$2"
}

with_docker() {
    local name begin
    for name in $(executables_of_the_suite) toolbox; do
        wanted "$name" || continue
        begin=$(now_ms)
        if [[ $name = toolbox ]]; then
            docker build -q -t "localhost/game/toolbox:$TAG" "$ROOT/infra/toolbox" >>"$log"
        else
            docker build -q --build-arg "SERVICE=$name" -t "localhost/game/$name:$TAG" "$ROOT" >>"$log"
        fi
        docker save -o "$IMAGES/$name.tar" "localhost/game/$name:$TAG"
        examine "$name"
        report "$name" "$(short "$IMAGES/$name.tar")" $(($(now_ms) - begin))
    done
}

# every executable that has an image: the services, and the tools of the local overlay
executables_of_the_suite() {
    local folder
    for folder in "$ROOT"/k8s/base/*/; do
        folder=$(basename "$folder")
        [[ $folder = namespace ]] || echo "$folder"
    done
    echo dev-broker telegram-sandbox callback-receiver order-generator
}

# base: the base image, made by debootstrap once
base() {
    local rootfs=$IMAGES/rootfs container begin
    [[ -z ${BASE_IMAGE:-} ]] || return 0
    BASE_IMAGE=localhost/game/debian:bookworm
    ! engine buildah inspect --type image "$BASE_IMAGE" >/dev/null 2>&1 || return 0
    begin=$(now_ms)
    rm -rf "$rootfs"
    debootstrap --variant=minbase --include=ca-certificates bookworm "$rootfs" >>"$log" 2>&1 ||
        { failure base "debootstrap: $(last_line "$log")" "$log" && return 1; }
    # With the security updates that this machine itself gets.
    if [[ -e /etc/apt/sources.list.d/debian.sources ]]; then
        cp /etc/apt/sources.list.d/debian.sources "$rootfs/etc/apt/sources.list.d/"
        rm -f "$rootfs/etc/apt/sources.list"
    fi
    container=$(engine buildah from scratch)
    {
        engine buildah add -q "$container" "$rootfs" /
        engine buildah commit -q "$container" "$BASE_IMAGE"
        engine buildah rm "$container"
    } >>"$log"
    rm -rf "$rootfs"
    report base "$BASE_IMAGE, made by debootstrap" $(($(now_ms) - begin))
}

# context: what the Dockerfile needs of the project when the executables are there already
context() {
    local name
    rm -rf "$IMAGES/context"
    mkdir -p "$IMAGES/context/bin" "$IMAGES/context/infra/images" "$IMAGES/selected"
    rm -f "$IMAGES"/selected/*
    for name in $(executables_of_the_suite); do
        if [[ ! -x $SUITE_BIN/$name ]]; then
            failure images "there is no executable $name in $(short "$SUITE_BIN")"
            return 1
        else
            ln -s "$SUITE_BIN/$name" "$IMAGES/selected/$name"
        fi
    done
    "$ROOT/infra/images/executables.sh" "$IMAGES/selected" "$IMAGES/context/bin"
    cp "$ROOT/infra/images/gather.sh" "$IMAGES/context/infra/images/"
}

# bud ARGUMENTS…
bud() {
    engine buildah bud -q --isolation chroot --layers --pull-never --format oci "$@" >>"$log" 2>&1 ||
        { failure images "$(last_line "$log")" "$log" && return 1; }
}

# build_services ARGUMENTS… CONTEXT: an image of each wanted executable
build_services() {
    local name begin
    for name in $(executables_of_the_suite); do
        wanted "$name" || continue
        begin=$(now_ms)
        bud --build-arg "BASE_IMAGE=$BASE_IMAGE" --build-arg "SERVICE=$name" -t "localhost/game/$name:$TAG" \
            -f "$ROOT/Dockerfile" "$@"
        archive "$name" $(($(now_ms) - begin))
    done
}

with_buildah() {
    local begin product=()
    install_packages "$ROOT/infra/images/packages.txt"
    if [[ -z ${SUITE_BIN:-}${COMPILE:-} ]]; then
        "$LOCAL/packages.sh"
        "$LOCAL/build.sh" release
        SUITE_BIN=$(cd "$ROOT" && swift build -c release --scratch-path .build-release --show-bin-path)
    fi
    base
    if [[ -n ${COMPILE:-} ]]; then
        toolchain
        # buildah knows a stage by an argument's value only where the argument is given.
        [[ ${ONLY:-} != +([a-z-]) ]] || product=(--build-arg "PRODUCT=$ONLY")
        build_services --build-arg BINARIES=build --build-arg "BUILD_IMAGE=$BUILD_IMAGE" "${product[@]}" "$ROOT"
    else
        context
        build_services --build-arg BINARIES=prebuilt "$IMAGES/context"
    fi
    wanted toolbox || return 0
    begin=$(now_ms)
    bud --build-arg "BASE_IMAGE=$BASE_IMAGE" -t "localhost/game/toolbox:$TAG" "$ROOT/infra/toolbox"
    archive toolbox $(($(now_ms) - begin))
}

log=$RUN_DIR/log/images.log
: >"$log"
heading 'Images'
if [[ -z ${BASE_IMAGE:-}${SUITE_BIN:-} ]] && has_docker; then
    with_docker
elif ((EUID != 0)); then
    failure images 'without Docker and upstream images, building needs root: debootstrap makes the base image'
    exit 1
else
    trap leave_store EXIT
    with_buildah
fi
