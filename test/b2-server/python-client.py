"""Backblaze's own Python client against a B2 server: argv is the realm's URL, a key id, a key, and a folder for files."""
import os
import sys

from b2sdk.v2 import B2Api, EncryptionAlgorithm, EncryptionMode, EncryptionSetting, InMemoryAccountInfo
from b2sdk.v2 import exception

realm, key_id, key, folder = sys.argv[1:]


def connect(key_id, key):
    api = B2Api(InMemoryAccountInfo())
    api.authorize_account(realm, key_id, key)
    return api


def refused(kind, call, *args, **more):
    try:
        call(*args, **more)
    except kind as error:
        return error
    raise AssertionError(f"{call} was not refused with {kind}")


api = connect(key_id, key)
bucket = api.create_bucket("b2sdk-bucket", "allPrivate")
assert [one.name for one in api.list_buckets()] == ["b2sdk-bucket"]
bucket.update(bucket_info={"a": "b"}, lifecycle_rules=[])
assert api.get_bucket_by_name("b2sdk-bucket").bucket_info == {"a": "b"}

small = bucket.upload_bytes(b"first", "a folder/small \u00fc.txt", file_infos={"one": "1 \u00fc"})
second = bucket.upload_bytes(b"second", "a folder/small \u00fc.txt")
versions = [version.id_ for version, _ in bucket.ls("a folder", latest_only=False)]
assert versions == [second.id_, small.id_], versions
assert api.get_file_info(small.id_).file_info == {"one": "1 \u00fc"}

big = os.path.join(folder, "big.bin")
with open(big, "wb") as file:
    file.write(os.urandom(17_000_000))
large = bucket.upload_local_file(big, "big.bin", min_part_size=5_000_000)
back = os.path.join(folder, "back.bin")
bucket.download_file_by_id(large.id_).save_to(back)
assert open(big, "rb").read() == open(back, "rb").read()
part = os.path.join(folder, "part.bin")
bucket.download_file_by_name("big.bin", range_=(1000, 2000)).save_to(part)
assert open(part, "rb").read() == open(big, "rb").read()[1000:2001]

encrypted = bucket.upload_bytes(
    b"x", "encrypted", encryption=EncryptionSetting(EncryptionMode.SSE_B2, EncryptionAlgorithm.AES256)
)
assert encrypted.server_side_encryption.mode == EncryptionMode.SSE_B2

bucket.hide_file("a folder/small \u00fc.txt")
refused(exception.FileAlreadyHidden, bucket.hide_file, "a folder/small \u00fc.txt")
refused(ValueError, bucket.upload_bytes, b"x", "n" * 251)
refused(exception.FileNotPresent, api.delete_file_version, small.id_, "another name")

limited = api.create_key(["listBuckets", "listFiles", "writeFiles"], "limited", bucket_id=bucket.id_, name_prefix="nightly/")
assert "limited" in [one.key_name for one in api.list_keys()]
other = connect(limited.id_, limited.application_key)
theirs = other.get_bucket_by_id(bucket.id_)
theirs.upload_bytes(b"x", "nightly/x")
refused(exception.B2Error, theirs.upload_bytes, b"x", "weekly/x")
api.delete_key(limited)

for version, _ in bucket.ls(recursive=True, latest_only=False):
    api.delete_file_version(version.id_, version.file_name)
api.delete_bucket(bucket)
print("all of it")
