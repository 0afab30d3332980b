# shellcheck shell=bash
# An image with the Swift toolchain of this machine, for the Dockerfile's build stage where upstream's image is out of
# reach. Sourced by images.sh.

# What the toolchain needs of Debian, as upstream's image has it, beside what the Dockerfile installs.
TOOLCHAIN_PACKAGES='binutils ca-certificates git libc6-dev libcurl4-openssl-dev libedit2 libgcc-12-dev
    libncurses6 libsqlite3-0 libstdc++-12-dev libxml2-dev libz3-dev pkg-config tzdata zlib1g-dev'

# package_mirrors: folders from which this machine's git reads packages instead of their hosts
package_mirrors() {
    git config --system --get-regexp '^url\./.*\.insteadof$' 2>/dev/null |
        sed -nE 's,^url\.(/.*)\.insteadof .*,\1,p' | sort -u || true
}

# toolchain: sets BUILD_IMAGE; made once
toolchain() {
    local swift container mirror begin
    [[ -z ${BUILD_IMAGE:-} ]] || return 0
    BUILD_IMAGE=localhost/game/swift:bookworm
    ! engine buildah inspect --type image "$BUILD_IMAGE" >/dev/null 2>&1 || return 0
    begin=$(now_ms)
    swift=$(readlink -f "$(command -v swift)")
    container=$(engine buildah from --pull-never "$BASE_IMAGE")
    {
        # shellcheck disable=SC2086
        engine buildah run --isolation chroot "$container" -- sh -c \
            'apt-get update && apt-get install -y --no-install-recommends "$@" && rm -rf /var/lib/apt/lists/*' \
            sh $TOOLCHAIN_PACKAGES
        engine buildah add -q "$container" "${swift%/bin/*}" /usr
        for mirror in $(package_mirrors); do engine buildah add -q "$container" "$mirror" "$mirror"; done
        [[ -z $(package_mirrors) ]] || engine buildah add -q "$container" /etc/gitconfig /etc/gitconfig
        engine buildah run --isolation chroot "$container" -- git config --system --add safe.directory '*'
        engine buildah commit -q "$container" "$BUILD_IMAGE"
        engine buildah rm "$container"
    } >>"$RUN_DIR/log/images.log" 2>&1
    report toolchain "$BUILD_IMAGE, from ${swift%/bin/*}" $(($(now_ms) - begin))
}
