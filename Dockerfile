# Ringwatch in a slim image: wheels only, no compiler, not root.
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
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin ringwatch \
 && install -d -o ringwatch -g ringwatch -m 0700 /data
COPY --from=build /opt/ringwatch /opt/ringwatch
ENV PATH=/opt/ringwatch/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    RINGWATCH_CONFIG=/etc/ringwatch/ringwatch.yaml \
    RINGWATCH_DATA_DIR=/data \
    RINGWATCH_HTTP__HOST=0.0.0.0
USER ringwatch
WORKDIR /data
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ.get('RINGWATCH_HTTP__PORT', '3000') + '/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["ringwatch"]
CMD ["run"]
