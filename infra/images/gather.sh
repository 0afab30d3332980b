#!/bin/sh
# gather.sh BIN OUT: for each executable of BIN the file system that it needs, under OUT/<name>. Runs in the Dockerfile.
set -eu
bin=$1 out=$2

# add FILE ROOT: the file and what its links lead to, at the same places
add() {
    file=$1
    while [ -L "$file" ]; do
        mkdir -p "$2$(dirname "$file")"
        cp -P "$file" "$2$file"
        target=$(readlink "$file")
        case $target in /*) file=$target ;; *) file=$(dirname "$file")/$target ;; esac
    done
    mkdir -p "$2$(dirname "$file")"
    cp -p "$file" "$2$file"
}

for executable in "$bin"/*; do
    name=$(basename "$executable")
    root=$out/$name
    mkdir -p "$root/app" "$root/etc/ssl/certs" "$root/tmp"
    chmod 1777 "$root/tmp"
    cp "$executable" "$root/app/$name"
    ln -s "$name" "$root/app/service"
    # Debian merges /lib into /usr/lib by links; the loader's name begins with /lib64.
    for link in /lib /lib64; do
        [ ! -L "$link" ] || { mkdir -p "$root/usr${link}" && cp -P "$link" "$root$link"; }
    done
    ldd "$executable" | grep -q 'not found' && { echo "$name lacks a library:" && ldd "$executable" && exit 1; }
    ldd "$executable" | grep -o '/[^ ]*' | while read -r library; do add "$library" "$root"; done
    if ldd "$executable" | grep -q libmariadb; then
        # How a server may want to know us is decided at run time.
        plugins=$(dirname "$(ldd "$executable" | grep -o '/[^ ]*libmariadb[^ ]*')")/libmariadb3/plugin
        for plugin in caching_sha2_password client_ed25519 sha256_password; do
            add "$plugins/$plugin.so" "$root"
        done
    fi
    add /etc/ssl/certs/ca-certificates.crt "$root"
    add /etc/ssl/openssl.cnf "$root"
    [ ! -e /usr/lib/ssl/openssl.cnf ] || { mkdir -p "$root/usr/lib/ssl" && cp -P /usr/lib/ssl/openssl.cnf "$root/usr/lib/ssl/"; }
    echo 'game:x:65532:65532:game:/:/nonexistent' >"$root/etc/passwd"
    echo 'game:x:65532:' >"$root/etc/group"
    echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
done
