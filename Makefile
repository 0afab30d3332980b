# The commands of this project. `make` alone lists them; the work is done by the scripts in infra/local.

.DEFAULT_GOAL := help
.PHONY: help up down demo status logs test test-long bench lint advisories format build clean images manifests kube rollout scale

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

up: ## install what is missing, build, start everything, show the main flow once
	@infra/local/up.sh

down: ## wait until the outboxes are empty, then stop everything
	@infra/local/down.sh

demo: ## the main flow once more
	@infra/local/flow.sh

status: ## what runs: pid, port, ready, memory
	@infra/local/status.sh

logs: ## the end of a log: make logs S=mission
	@infra/local/logs.sh $(S)

test: ## every test, on private stores: make test, or make test T=filter (T=Schema: only the answers)
	@T='$(T)' infra/local/test.sh

test-long: ## the tests that take longer
	@TEST_LONG=1 T='$(T)' infra/local/test.sh
	@[ -n '$(T)' ] || [ "$$(id -u)" != 0 ] || infra/kube/kube.sh long

bench: ## the figures of docs/benchmarks.md
	@Benchmarks/run.sh

lint: ## swift format, shellcheck, house rules
	@infra/local/lint.sh

advisories: ## the dependencies with versions, and what is known against them
	@infra/advisories/check.py

format: ## swift format, in place
	@infra/local/lint.sh format

build: ## the release executables
	@infra/local/packages.sh && infra/local/build.sh release

manifests: ## the tests of Kubernetes manifests, Dockerfiles and routes; part of make test
	@k8s/tests/manifests.sh

images: ## an OCI archive of every image under .run/images
	@infra/images/images.sh

kube: ## the pods of the local overlay in containers, from the manifests: flow, liveness, rollout
	@infra/kube/kube.sh run

rollout: ## rolling updates and kills under siege, in containers: make rollout S=mypage
	@infra/kube/kube.sh rollout '$(S)'

scale: ## 1, 2 and 4 replicas under siege, and what the autoscaler would do: make scale S=mypage
	@infra/kube/kube.sh scale '$(S)'

clean: ## stop everything, remove builds and data
	@infra/local/clean.sh
