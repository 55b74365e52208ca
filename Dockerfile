# One image for the operator (`purreal-operator`), the runner pods (`python -m purreal_runner.pod`) and the
# command line (`purreal`). It runs as any user, under a read-only root; only /tmp must be writable, and
# only for workloads that write there. Own packages on top:
#   FROM purreal
#   USER 0
#   RUN /usr/local/bin/python -m pip --python /opt/purreal/bin/python install --no-cache-dir my-package
#   USER 65532:65532

ARG PYTHON=docker.io/library/python:3.11-slim-bookworm

FROM ${PYTHON} AS python
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore

# The dependencies alone, so that a change of the code installs none of them again.
FROM python AS dependencies
RUN python -m venv --without-pip /opt/purreal
WORKDIR /src
COPY pyproject.toml ./
RUN mkdir -p purreal runner/purreal_runner operator/purreal_operator kubectl/purreal_kubectl && touch README.md LICENSE \
 && echo '__version__ = "0"' > purreal/__init__.py \
 && python -m pip --python /opt/purreal/bin/python install '.[operator,kubectl,speed]' \
 && python -m pip --python /opt/purreal/bin/python uninstall --yes purreal
# Without the tests of libraries, and without the bytecode of the Kubernetes client's blocking half.
RUN cd /opt/purreal/lib/python*/site-packages \
 && find . -type d \( -name tests -o -name test \) -prune -exec rm -r {} + \
 && find . -name '*_test.py*' -delete \
 && rm kubernetes/client/api/__pycache__/*_api.* kubernetes/client/models/__pycache__/v[0-9]*

# The code alone, in a second environment at the same path: the last, small layer of the image.
FROM python AS code
RUN python -m venv --without-pip /opt/purreal
WORKDIR /src
RUN python -m pip wheel --wheel-dir /build-tools 'hatchling>=1.27'
COPY . .
RUN python -m pip wheel --no-deps --no-index --find-links /build-tools --wheel-dir /wheel . \
 && python -m pip --python /opt/purreal/bin/python install --no-deps --no-index /wheel/*.whl

FROM ${PYTHON}
# The base image comes without bytecode; under a read-only root every start would compile it anew.
RUN python -m compileall -q -x '/(test|idlelib|lib2to3|tkinter|turtledemo|ensurepip|site-packages)/' /usr/local/lib/python3.11
# USER: whoever asks for the user's name gets one, also under a user id that the cluster assigns.
ENV PATH=/opt/purreal/bin:$PATH HOME=/tmp USER=purreal \
    PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
COPY --from=dependencies /opt/purreal /opt/purreal
COPY --from=code /opt/purreal /opt/purreal
ARG VERSION=0+local
ARG REVISION=unknown
LABEL org.opencontainers.image.title="purreal" \
      org.opencontainers.image.description="Load tests of SurrealDB connection pools: operator, runner, command line" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
WORKDIR /tmp
USER 65532:65532
CMD ["purreal", "--help"]
