#!/bin/sh
# Makes a package of what `make stage` has laid out: build.sh STAGE VERSION FILE
set -eu
stage=$1 version=$2 file=$3
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
here=$(dirname "$0")

chmod 755 "$root"
mkdir -p "$root/usr/share/lintian/overrides" "$root/lib/systemd" "$root/DEBIAN"
cp -a "$stage/." "$root/usr/"
# Where Debian 12 has units.
mv "$root/usr/lib/systemd/system" "$root/lib/systemd/system"
rmdir "$root/usr/lib/systemd" "$root/usr/lib"
doc=$root/usr/share/doc/cpwx
mv "$doc/LICENSE" "$doc/copyright"
mv "$doc/CHANGELOG.md" "$doc/NEWS.md"
cat > "$doc/changelog" <<END
cpwx ($version) unstable; urgency=medium

  * See NEWS.md.

 -- $(cat "$here/maintainer")  $(date -R -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}")
END
gzip -9n "$doc/changelog"
cp "$here/lintian-overrides" "$root/usr/share/lintian/overrides/cpwx"
find "$root" -type d -exec chmod 755 {} +
find "$doc" "$root/usr/share/lintian" -type f -exec chmod 644 {} +
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$(dpkg --print-architecture)/" \
  -e "s/@SIZE@/$(du -sk --exclude DEBIAN "$root" | cut -f1)/" -e "s/@MAINTAINER@/$(cat "$here/maintainer")/" \
  "$here/control" > "$root/DEBIAN/control"
(cd "$root" && find usr lib -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) > "$root/DEBIAN/md5sums"
chmod 644 "$root/DEBIAN/control" "$root/DEBIAN/md5sums"
install -m 755 "$here/postinst" "$here/prerm" "$here/postrm" "$root/DEBIAN/"
dpkg-deb --root-owner-group --build "$root" "$file"
