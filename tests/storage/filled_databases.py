"""Rows of older schemas, as statements of SQL, by the schema that they fill."""

# Two residents: one gave a named opinion with a phone number and one without a name; the other
# agreed only. A receipt waits to be sent; an officer has opened a case; an album has two photos.
FILLED_0001 = """
INSERT INTO conversation (chat_id, language, flow, answers, updates) VALUES
 (101, 'vi', 'feedback', '{"kind": "report"}', '[1, 2]'), (102, 'en', NULL, '{}', '[]');
INSERT INTO resident (chat_id, consent_version, consent_language, consent_at) VALUES
 (101, '2026-11', 'vi', '2026-11-20 08:15:30+00'),
 (102, '2026-11', 'en', '2026-11-21 08:00:00+00');
INSERT INTO submission (id, code, resident_id, kind, topics, unit_code, unit_vintage, handled_by,
 text, state, identity, phone, confidential, language, created_at, due_at) VALUES
 (1, 'HP-AAAA-2222', 1, 'report', '["theft"]', '11407', '2025-07-01', '11407', 'Mất xe ở Đồ Sơn',
  'received', 'phone', '0900000000', false, 'vi', '2026-11-20 08:20:00+00',
  '2026-12-04 10:00:00+00'),
 (2, 'HP-BBBB-3333', 1, 'denunciation', '["other"]', '11407', '2025-07-01', '31', 'Kín',
  'received', 'unnamed', NULL, true, 'vi', '2026-11-20 09:00:00+00', '2026-12-04 10:00:00+00');
INSERT INTO attachment (id, submission_id, position, type, file_id, file_unique_id, album) VALUES
 (1, 1, 0, 'photo', 'f1', 'u1', 'a'), (2, 1, 1, 'photo', 'f2', 'u2', 'a');
INSERT INTO officer (id, chat_id, name, unit_code, role, topics, on_duty, active, created_at)
 VALUES (1, 201, 'Binh', '31', 'officer', '[]', true, true, '2026-11-19 08:00:00+00');
INSERT INTO audit (id, at, action, actor_role, actor_id, submission_id, details) VALUES
 (1, '2026-11-20 08:20:00+00', 'submission.received', 'resident', NULL, 1, '{}'),
 (2, '2026-11-20 10:00:00+00', 'case.opened', 'officer', 1, 1, '{}');
INSERT INTO outbox (id, dedup_key, chat_id, priority, critical, language, screen, state, repeated,
 attempt, next_at, created_at, expires_at) VALUES
 (1, 'alert:HP-AAAA-2222:201', 201, 10, true, 'vi', '{"paragraphs": []}', 'waiting', false, 0,
  '2026-11-20 08:20:00+00', '2026-11-20 08:20:00+00', '2026-12-20 08:20:00+00');
"""

# A forum, and messages of every kind whose key tells what they are about.
FILLED_0007 = """
INSERT INTO forum (id, code, title, host_unit, area, venue, starts_at, start_version, head, agenda,
 invited, opinions_until, state, version, created_by, created_at) VALUES
 (7, 'DDAAAA', 'Lắng nghe', '31', '31', 'Hội trường', '2026-12-10 08:00:00+00', 2, 'Trưởng', '[]',
  '[]', '2026-12-09 08:00:00+00', 'published', 1, 1, '2026-11-19 08:00:00+00');
INSERT INTO outbox (id, dedup_key, chat_id, priority, critical, language, screen, state, repeated,
 attempt, next_at, created_at, expires_at, announcement_id)
 SELECT id, dedup_key, chat_id, 10, true, 'vi', screen, 'waiting', false, 0, next_at, created_at,
  expires_at, announcement_id FROM (
   SELECT 2 AS id, 'receipt:HP-BBBB-3333' AS dedup_key, 301 AS chat_id,
    CAST(NULL AS BIGINT) AS announcement_id
   UNION ALL SELECT 3, 'taken:3:alert:HP-AAAA-2222:201:2', 201, NULL
   UNION ALL SELECT 4, 'outlived:2026-11-20 08:20:00+00:00:HP-AAAA-2222', 301, NULL
   UNION ALL SELECT 5, 'remind:7:2:1440:301', 301, NULL
   UNION ALL SELECT 6, 'moved_up:7:9:1700000000000', 301, NULL
   UNION ALL SELECT 7, 'forum.alert.submit:DDAAAA:3:201', 201, NULL
   UNION ALL SELECT 8, 'forum:5:301', 301, 5
   UNION ALL SELECT 9, 'reply:0123456789abcdef', 301, NULL
   UNION ALL SELECT 10, 'alert:HP-GONE-9999:201:2', 201, NULL
   UNION ALL SELECT 11, 'nothing to read', 201, NULL
  ) AS added, (SELECT screen, next_at, created_at, expires_at FROM outbox WHERE id = 1)
  AS alert;
"""

# A forum whose start was moved once, a published one without marks, and one that is not approved.
FILLED_0008 = """
INSERT INTO forum (id, code, title, host_unit, area, venue, starts_at, start_version, head, agenda,
 invited, opinions_until, state, version, created_by, created_at, published_at)
 SELECT id, code, 'Lắng nghe', '31', '31', 'Hội trường', '2026-12-10 08:00:00+00', start_version,
  'Trưởng', '[]', '[]', '2026-12-09 08:00:00+00', state, 1, 1,
  created_at, CASE state WHEN 'published' THEN created_at END
 FROM (
   SELECT 7 AS id, 'DDAAAA' AS code, 2 AS start_version, 'published' AS state
   UNION ALL SELECT 8, 'DDBBBB', 1, 'published'
   UNION ALL SELECT 9, 'DDCCCC', 1, 'submitted'
  ) AS added, (SELECT created_at FROM officer WHERE id = 1) AS officer;
INSERT INTO reminder (forum_id, start_version, "offset", cursor, created_at, finished_at)
 SELECT 7, start_version, minutes, 0, created_at, created_at FROM (
   SELECT 1 AS start_version, 0 AS minutes, at AS created_at FROM audit WHERE id = 1
   UNION ALL SELECT 2, 0, at FROM audit WHERE id = 2
   UNION ALL SELECT 2, 1440, at FROM audit WHERE id = 2
  ) AS marks;
"""

# A stored photo, and two submissions that were erased: on request, and after the retention period.
FILLED_0009 = """
UPDATE attachment SET state = 'stored', original = 'o', served = 's' WHERE id = 1;
UPDATE attachment SET state = 'refused' WHERE id = 2;
INSERT INTO submission (id, code, kind, topics, unit_code, unit_vintage, handled_by, text, folded,
 urgent, hides_personal, state, version, identity, confidential, language, created_at, due_at,
 escalation, extensions, erased_at)
 SELECT id, code, kind, '[]', unit_code, unit_vintage, handled_by, '', '', false, false,
  'withdrawn', 1, identity, false, language, created_at, due_at, 0, 0, created_at
 FROM (SELECT kind, unit_code, unit_vintage, handled_by, identity, language, created_at, due_at
   FROM submission WHERE submission.id = 1) AS first,
  (SELECT 8 AS id, 'HP-ERAS-2222' AS code UNION ALL SELECT 9, 'HP-ERAS-3333') AS added;
INSERT INTO audit (id, at, action, actor_role, submission_id, details)
 SELECT 91, created_at, 'data.erased', 'resident', 8, '{}' FROM submission WHERE id = 8;
INSERT INTO audit (id, at, action, actor_role, submission_id, details)
 SELECT 92, created_at, 'data.outlived', 'system', 9, '{}' FROM submission WHERE id = 9;
"""


# A remark of an officer, and a draft that was begun before answers knew their messages.
FILLED_0011 = """
INSERT INTO remark (id, submission_id, kind, officer_id, text, at)
 SELECT 5, 1, 'note', 1, 'Đã gọi', at FROM audit WHERE id = 2;
UPDATE conversation SET answers = '{"details": [{"id": 7, "text": "Mất xe", "file": null}]}'
 WHERE chat_id = 101;
"""

# A place, as it was stored when venues had no title.
FILLED_0012 = """
INSERT INTO attachment (id, submission_id, position, type, file_id, file_unique_id, latitude,
 longitude, state, attempt, next_at)
 SELECT 3, submission_id, 2, 'place', '', '', 20.8561, 106.6822, 'stored', 0, next_at
 FROM attachment WHERE id = 1;
"""

# A venue; a forum, and announcements of it that are finished, under way and stopped.
FILLED_0013 = """
INSERT INTO attachment (id, submission_id, position, type, file_id, file_unique_id, latitude,
 longitude, title, address, state, attempt, next_at)
 SELECT 4, submission_id, 3, 'place', '', '', 20.8561, 106.6822, 'Chợ Hàng', 'Phố Chợ Hàng',
  'stored', 0, next_at
 FROM attachment WHERE id = 1;
INSERT INTO forum (id, code, title, host_unit, area, venue, starts_at, start_version, head, agenda,
 invited, opinions_until, state, version, created_by, created_at) VALUES
 (7, 'DDAAAA', 'Lắng nghe', '31', '31', 'Hội trường', '2026-12-10 08:00:00+00', 2, 'Trưởng', '[]',
  '[]', '2026-12-09 08:00:00+00', 'published', 1, 1, '2026-11-19 08:00:00+00');
INSERT INTO announcement (id, forum_id, kind, version, due_at, source, "cursor", left_out,
 finished_at, cancelled_at, created_at)
 SELECT id, 7, kind, version, at, source, 40, 3, CASE id WHEN 1 THEN at END,
  CASE id WHEN 3 THEN at END, at
 FROM (
   SELECT 1 AS id, 'notice' AS kind, 1 AS version, 2 AS source
   UNION ALL SELECT 2, 'moved', 2, 1
   UNION ALL SELECT 3, 'postponed', 3, 0
  ) AS added, (SELECT at FROM audit WHERE id = 1) AS audited;
"""

# Submissions whose search texts hold numbers only as they were written; the last one has none.
WRITTEN_NUMBERS = {
    11: ("goi 0912.345.678 nhe", "84912345678"),
    12: ("so +84 (0)912 345 679", "84912345679"),
    13: ("zalo0912 345 680, hoac (0225) 384 2345", "842253842345"),
    14: ("so cu 0169 123 4567", "84391234567"),
    15: ("o912 345 681 luc 8 gio", "84912345681"),
    16: ("da co 0912345682\n84912345682", "84912345682"),
    17: ("bien so 15a 123.45, 3.000.000 dong, ngay 20/12/2026", None),
}
FILLED_0014 = "".join(
    f"""
INSERT INTO submission (id, code, kind, topics, unit_code, unit_vintage, handled_by, text, folded,
 urgent, hides_personal, state, version, identity, confidential, language, created_at, due_at,
 escalation, extensions)
 SELECT {number}, 'HP-NUMB-{number}', kind, '[]', unit_code, unit_vintage, handled_by, 'x',
  '{folded}', false, false, state, 1, 'channel', false, language, created_at, due_at, 0, 0
 FROM submission WHERE id = 1;
"""  # noqa: S608 - the values are the constants above
    for number, (folded, _found_by) in WRITTEN_NUMBERS.items()
)

# Cases that were reclassified: kind, topics and unit now, and what the audit log says of before.
RECLASSIFIED = {
    21: ("report", "31", '{"from": {"kind": "denunciation"}, "to": {"kind": "report"}}'),
    22: ("report", "31", '{"from": {"topics": ["officer_attitude"]}, "to": {"topics": ["theft"]}}'),
    23: ("report", "31", '{"from": {"topics": ["theft"]}, "to": {"topics": ["other"]}}'),
    24: ("report", "31", '{"from": {"kind": "praise", "topics": ["officer_attitude"]}, "to": {}}'),
    25: ("report", "11407", '{"from": {"kind": "denunciation"}, "to": {"kind": "report"}}'),
}
FILLED_0016 = "".join(
    f"""
INSERT INTO submission (id, code, kind, topics, unit_code, unit_vintage, handled_by, text, folded,
 urgent, hides_personal, state, version, identity, confidential, language, created_at, due_at,
 escalation, extensions)
 SELECT {number}, 'HP-LANE-{number}', '{kind}', '["other"]', unit_code, unit_vintage, '{unit}', 'x',
  'x', false, false, state, 1, 'channel', false, language, created_at, due_at, 0, 0
 FROM submission WHERE id = 1;
INSERT INTO audit (id, at, action, actor_role, submission_id, details)
 SELECT {number}, at, 'case.reclassify', 'coordinator', {number}, '{details}'
 FROM audit WHERE id = 1;
"""  # noqa: S608 - the values are the constants above
    for number, (kind, unit, details) in RECLASSIFIED.items()
)

# A ban, and a message whose number was computed with a key that no row names.
FILLED_0017 = f"""
INSERT INTO ban (id, alias, until, officer_id, reason, at)
 SELECT 1, {1 << 61}, at, 1, 'Quấy rối', at FROM audit WHERE id = 1;
INSERT INTO message_subject (key, flow, subject, text, at)
 SELECT {1 << 61}, 'feedback', 'HP-AAAA-2222', 'Mất xe', at FROM audit WHERE id = 1;
"""  # noqa: S608 - the values are constants

# An answer that waits for approval.
FILLED_0020 = """
INSERT INTO answer (id, submission_id, text, measure, deadline, proposed_by, proposed_at)
 SELECT 1, 1, 'Đã sửa.', 'Thay bóng', 'Đã xong', 1, at FROM audit WHERE id = 1;
"""

# An open draft and its reminder; replies that wait or were sent; people who blocked the bot; an
# update that failed. The test adds a receipt, whose address is encrypted.
FILLED_0021 = """
UPDATE conversation SET flow = 'feedback', answers = '{"kind": "report"}', updates = '[1, 2]',
 preferences = '{"areas": ["11407"]}', counted = 3, counted_from = '2026-11-20 08:19:30.500000+00',
 started_at = '2026-11-20 08:10:00+00', expires_at = '2026-11-21 08:19:31.250000+00'
 WHERE chat_id = 101;
INSERT INTO outbox (id, dedup_key, kind, chat_id, priority, critical, language, screen, state,
 repeated, attempt, next_at, created_at, expires_at, finished_at) VALUES
 (31, 'reply:1', 'reply', 101, 0, false, 'vi', '{"paragraphs": ["Kín"]}', 'waiting', false, 0,
  '2026-11-20 08:20:00+00', '2026-11-20 08:20:00+00', '2026-12-20 08:20:00+00', NULL),
 (32, 'reply:2', 'reply', 102, 0, false, 'vi', '{"paragraphs": ["Kín"]}', 'sent', false, 0,
  '2026-11-20 08:20:00+00', '2026-11-20 08:20:00+00', '2026-12-20 08:20:00+00',
  '2026-11-20 08:20:01+00'),
 (33, 'draft:101:1795660200', 'draft', 101, 0, false, 'vi', '{"paragraphs": []}', 'waiting', false,
  0, '2026-11-20 08:20:00+00', '2026-11-20 08:20:00+00', '2026-12-20 08:20:00+00', NULL);
INSERT INTO recipient (chat_id, next_at, blocked_at) VALUES
 (101, NULL, '2026-11-20 08:20:00.123456+00'), (201, NULL, '2026-11-20 08:20:00.123456+00'),
 (2305843009213693953, NULL, '2026-11-20 08:20:00.123456+00'),
 (2305843009213693954, NULL, '2026-11-20 08:20:00.123456+00'),
 (2305843009213693955, '2026-11-20 08:20:00+00', NULL);
INSERT INTO failed_update (id, update_id, at, error, raw, alias) VALUES
 (1, 77, '2026-11-20 08:20:00.123456+00', 'ValueError(''Kín'')',
  '{"message": {"chat": {"id": 101}, "text": "Kín"}}', 2305843009213693953);
"""

# A published forum, before the changes of one waited for a second person.
FILLED_0023 = """
INSERT INTO forum (id, code, title, host_unit, area, venue, starts_at, start_version, head, agenda,
 invited, opinions_until, state, version, created_by, created_at, published_at) VALUES
 (7, 'DDAAAA', 'Lắng nghe', '31', '31', 'Hội trường', '2026-12-10 08:00:00+00', 2, 'Trưởng', '[]',
  '[]', '2026-12-09 08:00:00+00', 'published', 1, 1, '2026-11-19 08:00:00+00',
  '2026-11-19 08:00:00+00');
"""
