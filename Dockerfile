# The course in a container: the book, the exercises, and the grader with its sandbox.
#
#   docker build --tag filters-and-memory .
#   docker run --rm -it --volume "$PWD:/course" --shm-size 1g \
#     --security-opt seccomp=unconfined --security-opt systempaths=unconfined \
#     filters-and-memory doctor
#
# Your clone is mounted, so that grades and submissions stay on your machine. The two security options
# let bubblewrap make namespaces and mount /proc in them. The container is then the wall around the
# sandboxes: mount nothing else into it.
FROM debian:bookworm-slim

COPY .devcontainer/packages /tmp/packages
RUN /tmp/packages && useradd --create-home --shell /bin/bash course \
  && install -d -o course /course /opt/course

USER course
WORKDIR /course
COPY --chown=course . .
RUN python3 course_utils/install.py /opt/course/env '.[all]'

ENV PATH=/opt/course/env/bin:$PATH
ENTRYPOINT ["course"]
CMD ["--help"]
