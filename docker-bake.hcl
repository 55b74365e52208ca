# The image for both platforms, for `docker buildx bake`:
#
#   VERSION=1.0.0a1 REVISION=$(git rev-parse HEAD) IMAGE=registry.example/purreal docker buildx bake --push
#   docker buildx bake --load --set image.platform=linux/amd64      # for this machine alone
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

target "image" {
  context = "."
  platforms = ["linux/amd64", "linux/arm64"]
  tags = ["${IMAGE}:${replace(VERSION, "+", "-")}"]
  args = {
    VERSION = VERSION
    REVISION = REVISION
  }
  # Who built it from what, and what is in it, beside the image in its registry.
  attest = ["type=provenance,mode=max", "type=sbom"]
}
