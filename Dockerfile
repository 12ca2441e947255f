# kms-eval in a container: docker build -t kms-eval . && docker run --rm --network none -v "$PWD:/work:ro" kms-eval test .
#
# Two stages: what builds is not in what runs. The image needs no network and no right to write.
FROM python:3.13-slim AS build
COPY . /source
RUN python -m venv /opt/kms-eval && /opt/kms-eval/bin/pip install --no-cache-dir "/source"

FROM python:3.13-slim
COPY --from=build /opt/kms-eval /opt/kms-eval
ENV PATH="/opt/kms-eval/bin:$PATH" PYTHONDONTWRITEBYTECODE=1
RUN useradd --no-create-home --uid 10001 kms-eval
USER 10001
WORKDIR /work
ENTRYPOINT ["kms-eval"]
