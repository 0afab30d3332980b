#!/usr/bin/env bash
# deploy.sh SERVICE STEP…: what every buildspec.yml calls. Steps: test, build, push, rollout.
#
#   IMAGE_REPOSITORY  where images are pushed, such as registry.example.com/game      (push, rollout)
#   IMAGE_TAG         the image's tag; the commit's short hash unless given
#   KUBE_NAMESPACE    game                    ROLLOUT_TIMEOUT  5m
#
# Credentials are not this script's business: docker and kubectl are logged in by the pipeline's role. A rollout that does
# not become ready in time is undone, and the step fails.
set -euo pipefail
cd "$(dirname "$0")/.."

service=${1:?'deploy.sh SERVICE STEP…'}
shift
namespace=${KUBE_NAMESPACE:-game}
tag=${IMAGE_TAG:-$(git rev-parse --short=12 HEAD)}
image=${IMAGE_REPOSITORY:-localhost/game}/$service:$tag

if [[ ! -d k8s/base/$service ]]; then
    echo "there is no service called $service; there are: $(cd k8s/base && echo */ | tr -d /)" >&2
    exit 64
fi

step_test() { make lint test; }

# The caches of the Dockerfile's build stage are shared by all services of a builder.
step_build() { DOCKER_BUILDKIT=1 docker build --build-arg "SERVICE=$service" --tag "$image" .; }

step_push() { docker push "$image"; }

step_rollout() {
    local workload containers name assignments=()
    workload=$(kubectl -n "$namespace" get deployment,statefulset -o name \
        --selector "app.kubernetes.io/name=game-$service" | head -n 1)
    if [[ -z $workload ]]; then
        echo "game-$service is not in the namespace $namespace: kubectl apply -k k8s/overlays/production" >&2
        return 1
    fi
    containers=$(kubectl -n "$namespace" get "$workload" -o \
        'jsonpath={range .spec.template.spec.initContainers[*]}{.name}{"\n"}{end}{range .spec.template.spec.containers[*]}{.name}{"\n"}{end}')
    for name in $containers; do
        case $name in service | migrate) assignments+=("$name=$image") ;; esac
    done
    kubectl -n "$namespace" set image "$workload" "${assignments[@]}"
    if ! kubectl -n "$namespace" rollout status "$workload" --timeout "${ROLLOUT_TIMEOUT:-5m}"; then
        echo "$workload did not become ready with $image: back to the release before" >&2
        kubectl -n "$namespace" rollout undo "$workload"
        kubectl -n "$namespace" rollout status "$workload" --timeout "${ROLLOUT_TIMEOUT:-5m}"
        return 1
    fi
}

for step; do
    case $step in
    test | build | push | rollout) printf '\n=== %s: %s\n' "$service" "$step" && "step_$step" ;;
    *) echo "there is test, build, push and rollout, not $step" >&2 && exit 64 ;;
    esac
done
