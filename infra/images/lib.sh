# shellcheck shell=bash
# Images and containers of this project in a store of its own under RUN_DIR/images. Sourced after infra/local/lib.sh.

# shellcheck disable=SC2034
IMAGES=$RUN_DIR/images
STORE=$IMAGES/store

# The overlay driver needs a kernel and a file system that know it; vfs works everywhere and copies a lot.
storage_driver() {
    local probe
    [[ -s $STORE/driver ]] || {
        mkdir -p "$STORE"
        probe=$(mktemp -d -p "$STORE")
        mkdir "$probe"/{lower,upper,work,mount}
        if mount -t overlay overlay -o "lowerdir=$probe/lower,upperdir=$probe/upper,workdir=$probe/work" \
            "$probe/mount" 2>/dev/null; then
            umount "$probe/mount"
            echo overlay >"$STORE/driver"
        else
            echo vfs >"$STORE/driver"
        fi
        rm -rf "$probe"
    }
    cat "$STORE/driver"
}

# engine buildah|podman ARGUMENTS…: on our store
engine() {
    local tool=$1
    shift
    local options=(--root "$STORE/root" --runroot "$STORE/run" --storage-driver "$(storage_driver)")
    [[ $tool != podman ]] || options+=(--runtime runc --cgroup-manager cgroupfs --events-backend file)
    "$tool" "${options[@]}" "$@"
}

# install_packages FILE: as `make up` does it, with another list
install_packages() { PACKAGES_FILE=$1 "$LOCAL/packages.sh"; }

# leave_store: nothing stays mounted of it. Builds with cached layers leave their working containers behind, and the
# engine a mount of the store's own folder.
leave_store() {
    ! command -v buildah >/dev/null || engine buildah rm --all >/dev/null 2>&1 || true
    [[ ! -d $STORE/root/overlay ]] || umount "$STORE/root/overlay" 2>/dev/null || true
}
