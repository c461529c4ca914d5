-- +goose Up
-- The time zone by which the people of a site live; empty: as the desk.

ALTER TABLE sites ADD COLUMN zone TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE sites DROP COLUMN zone;
