"""Every object of every overlay against its schema: Kubernetes' own, or for custom resources one of the used fields."""

import copy
import json

import jsonschema
import kubernetes_validate
import pytest
import yaml
from manifests import K8S, OVERLAYS, name, objects

VERSIONS = ["1.34", "1.36"]
CUSTOM = {
    (document["x-apiVersion"], document["x-kind"]): document
    for path in sorted((K8S / "tests/custom-resources").glob("*.yaml"))
    for document in yaml.safe_load_all(path.read_text())
}


def is_custom(item):
    return (item["apiVersion"], item["kind"]) in CUSTOM


@pytest.mark.parametrize("version", VERSIONS)
def test_objects_are_valid(version):
    """Every object of every overlay; what stands in several of them is looked at once."""
    seen = {}
    for overlay in OVERLAYS:
        for item in objects(f"overlays/{overlay}"):
            if not is_custom(item):
                seen[json.dumps(item, sort_keys=True)] = item
    for item in seen.values():
        kubernetes_validate.validate(item, version, strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_custom_resources_use_known_fields_alone(overlay):
    for item in objects(f"overlays/{overlay}"):
        if is_custom(item):
            try:
                jsonschema.validate(item, CUSTOM[item["apiVersion"], item["kind"]])
            except jsonschema.ValidationError as error:
                raise AssertionError(f"{name(item)}: {error.json_path}: {error.message}") from None


def test_a_wrong_field_is_noticed():
    item = next(item for item in objects("overlays/local") if item["kind"] == "Deployment")
    broken = copy.deepcopy(item)
    broken["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, VERSIONS[-1], strict=True)


def test_a_wrong_field_of_a_custom_resource_is_noticed():
    item = next(item for item in objects("overlays/production") if item["kind"] == "DestinationRule")
    broken = copy.deepcopy(item)
    broken["spec"]["trafficPolicy"]["outlierDetection"]["consecutiveErrors"] = 5
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, CUSTOM[item["apiVersion"], item["kind"]])


def test_every_kind_of_custom_resource_is_described():
    used = {
        (item["apiVersion"], item["kind"]) for overlay in OVERLAYS for item in objects(f"overlays/{overlay}")
        if "." in item["apiVersion"].split("/")[0] and not item["apiVersion"].split("/")[0].endswith(".k8s.io")
    }
    assert used == set(CUSTOM)
