# shellcheck shell=bash
# shellcheck disable=SC2034
# What the image tools agree on: the images, what each one runs, and what it needs that no program says. Sourced, never
# run.

image_components=(feed validation order-store error-store partners gateway tools)
# Programs in C++ are CMake targets of the same name; the others are main packages of Go modules.
image_cxx_programs=(
  ordermesh ordermesh-bench ordermesh-error-store ordermesh-feed ordermesh-order-store ordermesh-partners
  ordermesh-validation
)
# PROGRAM=FOLDER of the main package. The gateway's generated sources are a CMake target.
image_go_programs=(
  ordermesh-gateway=services/gateway
  ordermesh-backup=tools/backup
  ordermesh-certs=tools/certs
)

# programs_of COMPONENT: the first is the image's entry point.
programs_of() {
  case $1 in
    tools) echo ordermesh ordermesh-bench ordermesh-backup ordermesh-certs ;;
    *) echo "ordermesh-$1" ;;
  esac
}

# data_packages_of COMPONENT: Debian packages that a program reads at run time, which `ldd` cannot know.
data_packages_of() {
  case $1 in
    validation) echo tzdata ;;                # A partner's mapping may name a time zone.
    gateway) echo ca-certificates ;;          # Operators' tokens may come from an OpenID provider.
    tools) echo ca-certificates tzdata ;;     # Backups go to S3; `mapping check` is validation's compiler.
    *) ;;
  esac
}

# Libraries that are only headers leave no file in an image but are in its programs all the same. Each is looked for by
# its folder below /usr/include in a program's debug information.
image_header_packages=(libcli11-dev=CLI nlohmann-json3-dev=nlohmann libvalijson-dev=valijson)

image_cache=${XDG_CACHE_HOME:-$HOME/.cache}/ordermesh
image_syft_version=v1.52.0
image_syft=$image_cache/tools/syft-$image_syft_version
