#!/usr/bin/env bash
# Brings the documents back from the replica in the backup region. In a drill it meets the emulated AWS, in a disaster ours.
set -euo pipefail

# How many copies are made at once: S3 takes far more, and what is lower takes longer.
aws configure set default.s3.max_concurrent_requests 4

aws s3 sync s3://order-archive-documents-backup s3://order-archive-documents --only-show-errors
