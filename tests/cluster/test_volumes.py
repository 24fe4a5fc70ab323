"""Volumes and the environment, filled by the kubelet."""

from __future__ import annotations

import json

from tests.cluster.kube import Kube, container, once, pod, shell


def config_map(kube: Kube) -> None:
    kube.run(
        "create", "configmap", "settings", "--from-literal=colour=green", "--from-literal=size=9"
    )


def mount(name: str, path: str, **rest: object) -> dict[str, object]:
    return {"name": name, "mountPath": path, **rest}


def test_a_config_map_is_mounted_and_in_the_environment(kube: Kube) -> None:
    config_map(kube)
    kube.apply(
        once(
            "reads",
            "cat /settings/colour; echo; echo $SIZE",
            container={
                "volumeMounts": [mount("settings", "/settings")],
                "env": [
                    {
                        "name": "SIZE",
                        "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "size"}},
                    }
                ],
            },
            volumes=[{"name": "settings", "configMap": {"name": "settings"}}],
        )
    )
    kube.ended("reads")
    assert kube.logs("reads") == "green\n9\n"


def test_a_missing_config_map_is_said_in_the_events(kube: Kube) -> None:
    kube.apply(
        pod(
            "waits",
            container(envFrom=[{"configMapRef": {"name": "not-there"}}], command=["sleep", "1000"]),
        )
    )
    kube.wait(
        "jsonpath={.status.containerStatuses[0].state.waiting.reason}=CreateContainerConfigError",
        "pod/waits",
    )
    events = kube.run("get", "events").stdout
    assert 'configmap "not-there" not found' in events


def test_a_secret_is_mounted_read_only_to_others(kube: Kube) -> None:
    kube.run("create", "secret", "generic", "key", "--from-literal=password=s3cret")
    kube.apply(
        once(
            "reads",
            "cat /key/password; stat -L -c %a /key/password",
            container={"volumeMounts": [mount("key", "/key", readOnly=True)]},
            volumes=[{"name": "key", "secret": {"secretName": "key", "defaultMode": 0o400}}],
        )
    )
    kube.ended("reads")
    assert kube.logs("reads") == "s3cret400\n"


def test_the_service_account_token_opens_the_api(kube: Kube) -> None:
    where = "/var/run/secrets/kubernetes.io/serviceaccount"
    script = (
        f'curl -sS -m 10 --cacert {where}/ca.crt -H "Authorization: Bearer $(cat {where}/token)" '
        "https://kubernetes.default.svc/api/v1/namespaces/$(cat "
        f"{where}/namespace)/pods"
    )
    kube.apply(
        pod(
            "asks",
            container(image="nginx:1.22", command=["sh", "-c", script]),
            restartPolicy="Never",
        )
    )
    kube.ended("asks")
    answer = json.loads(kube.logs("asks"))
    assert answer["reason"] == "Forbidden"
    assert f"system:serviceaccount:{kube.namespace}:default" in answer["message"]


def test_a_pods_user_may_use_its_token_and_its_volumes(kube: Kube) -> None:
    script = (
        "head -c 2 /var/run/secrets/kubernetes.io/serviceaccount/token; echo > /data/file;"
        " stat -c :%u /data/file"
    )
    kube.apply(
        once(
            "as-user",
            script,
            container={"volumeMounts": [mount("data", "/data")]},
            volumes=[{"name": "data", "emptyDir": {}}],
            securityContext={"runAsUser": 1234, "runAsGroup": 1234, "fsGroup": 2000},
        )
    )
    kube.ended("as-user")
    assert kube.logs("as-user") == "ey:1234\n"  # every token begins so: it is JSON in base64


def test_the_downward_api_tells_a_pod_about_itself(kube: Kube) -> None:
    field = "fieldRef"
    kube.apply(
        once(
            "knows",
            "echo $NAME $ADDRESS $NODE; cat /about/labels; echo; echo $LIMIT",
            labels={"colour": "green"},
            container={
                "resources": {"limits": {"memory": "64Mi"}},
                "env": [
                    {"name": "NAME", "valueFrom": {field: {"fieldPath": "metadata.name"}}},
                    {"name": "ADDRESS", "valueFrom": {field: {"fieldPath": "status.podIP"}}},
                    {"name": "NODE", "valueFrom": {field: {"fieldPath": "spec.nodeName"}}},
                    {
                        "name": "LIMIT",
                        "valueFrom": {"resourceFieldRef": {"resource": "limits.memory"}},
                    },
                ],
                "volumeMounts": [mount("about", "/about")],
            },
            volumes=[
                {
                    "name": "about",
                    "downwardAPI": {
                        "items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]
                    },
                }
            ],
        )
    )
    kube.ended("knows")
    node = kube.get("pod", "knows")["spec"]["nodeName"]
    assert kube.logs("knows") == (
        f'knows {kube.pod_ip("knows")} {node}\ncolour="green"\n{64 * 1024 * 1024}\n'
    )


def test_an_empty_dir_lives_through_a_restart_of_its_container(kube: Kube) -> None:
    script = (
        "echo run >> /data/log; cat /data/log; [ $(wc -l < /data/log) -ge 2 ] && exit 0; exit 1"
    )
    kube.apply(
        pod(
            "counts",
            shell(script, volumeMounts=[mount("data", "/data")]),
            volumes=[{"name": "data", "emptyDir": {}}],
            restartPolicy="OnFailure",
        )
    )
    kube.ended("counts")
    assert kube.logs("counts") == "run\nrun\n"


def test_a_containers_own_files_do_not_live_through_a_restart(kube: Kube) -> None:
    kube.apply(
        pod(
            "forgets",
            shell(
                "ls /root-file; touch /root-file; [ -e /data/second ] && exit 0; touch /data/second; exit 1",
                volumeMounts=[mount("data", "/data")],
            ),
            volumes=[{"name": "data", "emptyDir": {}}],
            restartPolicy="OnFailure",
        )
    )
    kube.ended("forgets")
    assert "No such file" in kube.logs("forgets")


def test_sub_paths_and_projected_volumes(kube: Kube) -> None:
    config_map(kube)
    kube.apply(
        once(
            "parts",
            "cat /etc/colour; echo; cat /all/c /all/name; echo; echo x > /made/deep/file; ls /made/deep",
            container={
                "volumeMounts": [
                    mount("settings", "/etc/colour", subPath="colour"),
                    mount("all", "/all"),
                    mount("data", "/made/deep", subPath="a/b"),
                ]
            },
            volumes=[
                {"name": "settings", "configMap": {"name": "settings"}},
                {"name": "data", "emptyDir": {}},
                {
                    "name": "all",
                    "projected": {
                        "sources": [
                            {
                                "configMap": {
                                    "name": "settings",
                                    "items": [{"key": "colour", "path": "c"}],
                                }
                            },
                            {
                                "downwardAPI": {
                                    "items": [
                                        {"path": "name", "fieldRef": {"fieldPath": "metadata.name"}}
                                    ]
                                }
                            },
                        ]
                    },
                },
            ],
        )
    )
    kube.ended("parts")
    assert kube.logs("parts") == "green\ngreenparts\nfile\n"


def test_a_changed_config_map_reaches_the_running_pod(kube: Kube) -> None:
    config_map(kube)
    kube.apply(
        pod(
            "watches",
            shell(
                "while [ $(cat /settings/colour) != red ]; do sleep 0.2; done; echo turned red",
                volumeMounts=[mount("settings", "/settings")],
            ),
            volumes=[{"name": "settings", "configMap": {"name": "settings"}}],
            restartPolicy="Never",
        )
    )
    kube.ready("watches")
    kube.run("patch", "configmap", "settings", "-p", '{"data":{"colour":"red"}}')
    # The kubelet looks at volumes at each sync of the pod; an annotation asks for one.
    kube.run("annotate", "pod", "watches", "sync=now")
    kube.wait("jsonpath={.status.phase}=Succeeded", "pod/watches", timeout=100)
