# The service in a container; docs/service.md says how to run it.
#
#     docker build -t happysad .
#     docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#         -e HAPPYSAD_TOKEN=… -p 8765:8765 happysad

FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements-build.txt requirements-service.txt ./
RUN python -m venv /opt/happysad
RUN /opt/happysad/bin/pip install --no-cache-dir --require-hashes -r requirements-service.txt
# What builds the wheel stays behind in this stage.
RUN python -m pip install --no-cache-dir --require-hashes -r requirements-build.txt
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY src src
RUN python -m hatchling build -t wheel
RUN /opt/happysad/bin/pip install --no-cache-dir --no-index --no-deps dist/*.whl
# A root that cannot be written keeps no compiled modules: without them a start takes twice as long.
RUN /opt/happysad/bin/python -m compileall -q /opt/happysad

FROM python:3.13-slim
COPY --from=build /opt/happysad /opt/happysad
ENV PATH=/opt/happysad/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HAPPYSAD_HOME=/models
# A number, so that a host can see without the image's list of users that it is not root.
USER 10001:10001
WORKDIR /
EXPOSE 8765
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8765/healthz')"]
ENTRYPOINT ["happysad"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8765", "--log", "json"]
