cd './-it'\''s $HOME'/api || exit 1
cat .sluice/meta/1.0.0+a-0123456789ab/manifest
