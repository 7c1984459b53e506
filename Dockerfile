# Ringwatch in a slim image: wheels only, no compiler, not root. What the program consists of belongs to root, so it cannot change itself.
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml requirements.lock requirements-embedded.lock README.md LICENSE ./
COPY bot bot
COPY providers providers
RUN python -m venv /opt/ringwatch \
 && /opt/ringwatch/bin/pip install --no-cache-dir --require-hashes --prefer-binary -r requirements.lock \
 && /opt/ringwatch/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
 && /opt/ringwatch/bin/pip install --no-cache-dir --require-hashes --only-binary :all: --no-deps -r requirements-embedded.lock

FROM python:3.13-slim
LABEL org.opencontainers.image.title="Ringwatch" \
      org.opencontainers.image.licenses="MIT"
RUN groupadd --gid 10001 ringwatch \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin ringwatch \
 && install -d -o ringwatch -g ringwatch -m 0700 /data
COPY --from=build /opt/ringwatch /opt/ringwatch
# HOME also for a user that the image does not know; the address for all networks of the container, of which compose.yaml publishes one.
ENV PATH=/opt/ringwatch/bin:$PATH \
    HOME=/data \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    RINGWATCH_CONFIG=/etc/ringwatch/ringwatch.yaml \
    RINGWATCH_DATA_DIR=/data \
    RINGWATCH_HTTP__HOST=0.0.0.0 \
    RINGWATCH_HTTP__PORT=3000
# By number, so that Kubernetes can tell that it is not root.
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 3000
# Not by urllib, which would ask the proxy in HTTP_PROXY.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['RINGWATCH_HTTP__PORT']), timeout=4); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["ringwatch"]
CMD ["run"]
