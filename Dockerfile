# pixrestore for processors, without TensorFlow:
#
#   docker build -t pixrestore .
#   docker run --rm -p 127.0.0.1:7860:7860 pixrestore                   # the server
#   docker run --rm -u "$(id -u):$(id -g)" -v "$PWD:/photos" pixrestore colorize old.jpg
#
# docs/explanation/containers.md says more.
ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS build
WORKDIR /source
RUN python -m venv /opt/pixrestore
COPY pyproject.toml README.md LICENSE ./
COPY pixrestore pixrestore
RUN /opt/pixrestore/bin/pip install --no-cache-dir --disable-pip-version-check ".[serve,heif,watch]"

FROM python:${PYTHON}-slim
COPY --from=build /opt/pixrestore /opt/pixrestore
# HOME is for users of any number, who have no home here; nothing is kept there.
ENV PATH=/opt/pixrestore/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
RUN pixrestore doctor
USER 10001:10001
WORKDIR /photos
EXPOSE 7860
# Of the server; what restores photos and ends needs none: --no-healthcheck.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:7860/healthz', timeout=4)"]
ENTRYPOINT ["pixrestore"]
CMD ["serve", "--host", "0.0.0.0", "--port", "7860"]
