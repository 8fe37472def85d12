# Reads `kubectl get pods --all-namespaces --output json`: the pods that ask for Hookkeeper and do not have what they ask for.
def asked(annotation): (.metadata.annotations[annotation] // "") | split(",");
def lacks(hook; path; names):
  [.spec.containers[] | select(.name as $name | names | index([$name]))
   | select((.lifecycle[hook].httpGet.path // "") | startswith(path) | not) | .name];
.items[]
| select(.metadata.annotations["hookkeeper/inject"])
| {
    pod: "\(.metadata.namespace // "default")/\(.metadata.name)",
    sidecar: any(.spec.initContainers[]?; .name == "hookkeeper"),
    postStart: (asked("hookkeeper/post-start") as $names | lacks("postStart"; "/poststart"; $names)),
    preStop: (asked("hookkeeper/pre-stop") as $names | lacks("preStop"; "/prestop"; $names))
  }
| select((.sidecar | not) or .postStart != [] or .preStop != [])
| .pod + ": "
  + ([
      (if .sidecar then empty else "has no sidecar" end),
      (if .postStart == [] then empty else "postStart of \(.postStart | join(", ")) goes elsewhere" end),
      (if .preStop == [] then empty else "preStop of \(.preStop | join(", ")) goes elsewhere" end)
    ] | join("; "))
