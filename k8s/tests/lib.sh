# shellcheck shell=bash
# What the tests against a cluster share. They use the cluster that kubectl points at. Sourced, never run.

NAMESPACE=${NAMESPACE:-game}
# An image with siege, curl and jq that the cluster has or can pull.
TOOLBOX=${TOOLBOX:-localhost/game/toolbox:dev}

k() { kubectl -n "$NAMESPACE" "$@"; }

say() { printf '%s  %s\n' "$(date +%H:%M:%S)" "$*"; }

failed() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# eventually SECONDS WHAT COMMAND…: waits until the command succeeds
eventually() {
    local limit=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        ((SECONDS < limit)) || failed "not within the time: $what"
        sleep 1
    done
}

# client NAME COMMAND…: starts a pod that may call the services, under PodSecurity restricted, and returns
client() {
    local name=$1
    shift
    k delete pod "$name" --ignore-not-found --wait=true >/dev/null
    # One line is one word of the command; jq would take words with a dash for options of its own.
    printf '%s\n' "$@" | jq -Rn --arg name "$name" --arg image "$TOOLBOX" '[inputs] as $command | {
        apiVersion: "v1", kind: "Pod", metadata: {name: $name, labels: {"game-test": "client"}},
        spec: {
            restartPolicy: "Never", terminationGracePeriodSeconds: 1, automountServiceAccountToken: false,
            securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: "RuntimeDefault"}},
            containers: [{
                name: "client", image: $image, imagePullPolicy: "IfNotPresent", command: $command,
                env: [{name: "HOME", value: "/tmp"}],
                resources: {requests: {cpu: "100m", memory: "64Mi"}, limits: {cpu: "2", memory: "512Mi"}},
                securityContext: {
                    allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: ["ALL"]}},
                volumeMounts: [{name: "tmp", mountPath: "/tmp"}]}],
            volumes: [{name: "tmp", emptyDir: {sizeLimit: "256Mi"}}]}}' | k apply -f - >/dev/null
}

phase_of() { k get pod "$1" -o 'jsonpath={.status.phase}'; }
has_ended() { [[ $(phase_of "$1") =~ ^(Succeeded|Failed)$ ]]; }
runs() { [[ $(phase_of "$1") = Running ]]; }

# siege_client NAME CONCURRENT SECONDS URL: siege in a pod; it now and then hangs at its end, so it has a limit
siege_client() {
    client "$1" sh -c "timeout $(($3 + 30)) siege -c$2 -t$3S '$4' 2>&1 | tail -n 15"
    eventually 60 "the pod $1 runs" runs "$1"
}

# availability NAME: what siege said, and the percentage
availability() {
    eventually 300 "$1 ends" has_ended "$1"
    k logs "$1" | grep -aoE 'vailability"?:[[:space:]]*[0-9.]+' | grep -oE '[0-9.]+$' | head -n 1
}

# call METHOD URL [BODY]: a request from inside the cluster, by the pod game-test-shell
call() {
    local arguments=(-sS --max-time 10 -X "$1" -H 'Content-Type: application/json')
    [[ -z ${3:-} ]] || arguments+=(--data "$3")
    k exec game-test-shell -- curl "${arguments[@]}" "$2"
}

start_shell() {
    client game-test-shell sleep 3600
    eventually 60 'the shell runs' runs game-test-shell
}

clean_up() { k delete pod -l game-test=client --ignore-not-found --wait=false >/dev/null 2>&1 || true; }
