# The image, for `docker buildx bake`:
#
#   VERSION=1.0.0a1 REVISION=$(git rev-parse HEAD) IMAGE=registry.example/purreal docker buildx bake --push
#   docker buildx bake local        # for this machine alone, without attestations
#
# Nothing in the Dockerfile depends on the platform: the base image exists for both, and every dependency
# with compiled parts has wheels for both.
variable "IMAGE" {
  default = "localhost/purreal"
}

variable "VERSION" {
  default = "0+local"
}

variable "REVISION" {
  default = "unknown"
}

group "default" {
  targets = ["image"]
}

target "common" {
  context = "."
  # a tag can't have the plus sign that a version can
  tags = ["${IMAGE}:${replace(VERSION, "+", "-")}"]
  args = {
    VERSION = VERSION
    REVISION = REVISION
  }
}

target "image" {
  inherits = ["common"]
  platforms = ["linux/amd64", "linux/arm64"]
  # Who built it from what, and what is in it, beside the image in its registry.
  attest = ["type=provenance,mode=max", "type=sbom"]
}

target "local" {
  inherits = ["common"]
  output = ["type=docker"]
}
