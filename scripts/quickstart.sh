#!/bin/sh
# The main job from nothing: makes a small model, applies examples/quickstart.yaml, says what to try next.
# Everything it makes lies under .quickstart/ in the checkout.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
rm -rf .quickstart
mkdir .quickstart
STOWAGE_STATE="$root/.quickstart/state"
export STOWAGE_STATE

echo "Making a model: 42 million parameters, 84 MB, in .quickstart/model"
sh scripts/with-node.sh node examples/make-model.ts .quickstart/model
echo "Applying examples/quickstart.yaml"
echo
./stowage apply -f examples/quickstart.yaml
echo
./stowage get modelversions
cat <<'NEXT'

The image is in .quickstart/images, an OCI image layout. What to try next:

  See why it is ready      STOWAGE_STATE=.quickstart/state ./stowage describe modelversion quickstart-v1
  Copy it to a registry    skopeo copy --preserve-digests oci:.quickstart/images:v1 docker://registry.example.com/team/quickstart:v1
  Or push straight there   ./stowage pack .quickstart/model --to registry.example.com/team/quickstart:v1
  Load it into podman      skopeo copy oci:.quickstart/images:v1 containers-storage:localhost/quickstart:v1
  Into containerd          tar -C .quickstart/images -cf - . | sudo ctr images import --base-name quickstart -
  Mount it in Kubernetes   volumes: [{name: model, image: {reference: registry.example.com/team/quickstart:v1}}]
                           volumeMounts: [{name: model, mountPath: /models, subPath: models}]
  Your own model           ./stowage pack /path/to/model --to registry.example.com/team/model:v1
NEXT
