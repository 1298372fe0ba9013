# Firedrill from this checkout, for an unprivileged user.
#
#   docker build -t firedrill .
#   docker run --rm firedrill run scenarios/iot-steel/s3-bucket-loss.yaml
#   docker run --rm firedrill doctor
#
# Nothing here needs BuildKit: the builder of Docker 20.10 does. Behind a proxy pass what every build takes,
# --build-arg HTTPS_PROXY=...

# The manifests of all crates, however many there are: what follows is built again only when one of them changed.
FROM rust:1.95-slim-trixie AS manifests
WORKDIR /source
COPY . .
RUN mkdir /manifests \
 && cp Cargo.lock /manifests \
 && find . -name Cargo.toml -not -path './target/*' -not -path './benches/*' -exec cp --parents -t /manifests {} +

FROM rust:1.95-slim-trixie AS build
WORKDIR /source
# Dependencies first, with empty crates in the place of ours: only a changed Cargo file has them compiled again.
COPY --from=manifests /manifests .
RUN for manifest in $(find . -mindepth 2 -name Cargo.toml); do \
      source="$(dirname "$manifest")/src"; mkdir "$source" && : >"$source/lib.rs"; \
    done \
 && rm simulator/src/lib.rs && echo 'fn main() {}' >simulator/src/main.rs \
 && cargo build --release --locked
COPY . .
# Cargo goes by dates, and the files of a checkout may be older than the empty ones.
RUN find . -name '*.rs' -not -path './target/*' -exec touch {} + \
 && cargo build --release --locked \
 && strip target/release/firedrill

FROM debian:trixie-slim
# python3 is for functions with a Python handler. Shell steps find what is installed here: for those that call the
# AWS CLI, build with --build-arg PACKAGES=awscli. They also need user namespaces with a /proc of their own, which Docker
# denies: run those with --security-opt seccomp=unconfined --security-opt systempaths=unconfined.
ARG PACKAGES=
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 $PACKAGES \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /firedrill
COPY --from=build /source/target/release/firedrill /usr/local/bin/firedrill
COPY scenarios scenarios
# Runs leave their folders here. A volume takes over whose it is.
RUN install -d -o 10001 -g 10001 runs
USER 10001:10001
ENTRYPOINT ["firedrill"]
CMD ["--help"]
