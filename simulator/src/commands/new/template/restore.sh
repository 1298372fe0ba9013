#!/usr/bin/env bash
# Step `restore` of scenario.yaml: brings the objects of both buckets back from their replicas in the backup region.
#
# CHANGE: put the commands of your own plan here, or your own script as it is. A drill measures what they do and how long
# it takes; if one fails, the report quotes what it said.
#
# In a drill this runs in a sandbox: it reaches the drill's emulated AWS and nothing else, and begins in the folder in which it
# lies. `aws` and the AWS SDKs find endpoint, region and keys in variables that the drill sets, so they need no options for
# that. Buckets have the names that scenario.yaml gives them: give them those of your own.
#
# To try it by hand: `firedrill cloud my-drill/scenario.yaml` keeps the same cloud standing, and prints what to export in the
# shell from which you run this.
set -euo pipefail

command -v aws >/dev/null || {
  echo "aws is not installed here: pip install awscli, or apt-get install awscli; firedrill doctor looks for it" >&2
  exit 127
}

restore() {
  local replica=$1 bucket=$2
  echo "restoring $bucket from $replica"
  # Copies what is missing, or has another size or an older date. It does not compare contents.
  aws s3 sync "s3://$replica" "s3://$bucket" --only-show-errors
}

restore my-drill-files-backup my-drill-files
restore my-drill-invoices-backup my-drill-invoices
