# Everything in one container: docker build -t myuserapi . && docker run -p 8000:8000 myuserapi
# docs/containers.md says how to keep its data, how to stop it, and what it needs.

FROM python:3.13-slim-trixie AS build
COPY requirements.txt /
# Without a pip of its own, which nobody needs where it runs.
RUN python -m venv --without-pip /opt/venv \
    && python -m pip --python /opt/venv/bin/python install --no-cache-dir --no-input --requirement /requirements.txt
COPY . /aerie
# A checkout may be its owner's alone. What is compiled is never compared with its source again.
RUN chmod -R a+rX /aerie && python -m compileall -q --invalidation-mode unchecked-hash /aerie

FROM python:3.13-slim-trixie
# What Debian has for tini and setpriv is what this image was tried with; their versions come with the base.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini util-linux \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin aerie \
    # For whoever --user names, too; the files in it are for their owner alone.
    && install --directory --mode=1777 --owner=aerie --group=aerie /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /aerie /aerie
WORKDIR /aerie
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    DATA_DIR=/data
USER 10001:10001
VOLUME /data
EXPOSE 8000
# It answers whoever waits and hands running tasks back, which may take 35 s: docker run --stop-timeout 45.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=15s --start-period=60s CMD ["python", "manage.py", "is-ready"]
ENTRYPOINT ["tini", "--"]
CMD ["python", "serve.py"]
