PRAGMA foreign_keys = OFF;
CREATE TABLE models (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            path TEXT NOT NULL UNIQUE,
            size_bytes INTEGER NOT NULL,
            architecture TEXT NOT NULL,
            quant_type TEXT NOT NULL,
            n_params INTEGER NOT NULL,
            n_ctx_train INTEGER NOT NULL,
            source TEXT NOT NULL,
            added_at REAL NOT NULL,
            last_used_at REAL,
            sha256 TEXT NOT NULL,
            license TEXT NOT NULL
        , repo TEXT NOT NULL DEFAULT '', revision TEXT NOT NULL DEFAULT '', files TEXT NOT NULL DEFAULT '[]', verified_at REAL, tokens_per_s REAL NOT NULL DEFAULT 0, defaults TEXT NOT NULL DEFAULT '{}') STRICT
        ;
CREATE TABLE conversations (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            title TEXT NOT NULL DEFAULT '',
            created_at REAL NOT NULL,
            updated_at REAL NOT NULL,
            titled INTEGER NOT NULL DEFAULT 0,
            pinned INTEGER NOT NULL DEFAULT 0,
            deleted_at REAL,
            head_id INTEGER,
            model_id INTEGER REFERENCES models (id) ON DELETE SET NULL,
            system_prompt TEXT NOT NULL DEFAULT '',
            sampler TEXT NOT NULL,
            draft TEXT NOT NULL DEFAULT '', stack TEXT NOT NULL DEFAULT '[]',
            FOREIGN KEY (id, head_id) REFERENCES messages (conversation_id, id) DEFERRABLE INITIALLY DEFERRED
        ) STRICT
        ;
CREATE INDEX conversations_by_model ON conversations (model_id);
CREATE TABLE messages (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
            parent_id INTEGER,
            role TEXT NOT NULL,
            state TEXT NOT NULL,
            created_at REAL NOT NULL,
            deleted_at REAL,
            note TEXT NOT NULL DEFAULT '',
            model_name TEXT NOT NULL DEFAULT '',
            model_sha256 TEXT NOT NULL DEFAULT '',
            sampler TEXT,
            facts TEXT,
            content TEXT NOT NULL, stack TEXT NOT NULL DEFAULT '[]', rating TEXT NOT NULL DEFAULT '', chosen_over TEXT NOT NULL DEFAULT '[]',
            UNIQUE (conversation_id, id),
            FOREIGN KEY (conversation_id, parent_id) REFERENCES messages (conversation_id, id)
                DEFERRABLE INITIALLY DEFERRED
        ) STRICT
        ;
CREATE INDEX messages_by_parent ON messages (conversation_id, parent_id, deleted_at);
CREATE INDEX messages_streaming ON messages (id) WHERE state = 'streaming';
CREATE VIRTUAL TABLE message_search USING fts5 (
            content, content = 'messages', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
        );
CREATE TRIGGER message_added AFTER INSERT ON messages WHEN new.state <> 'streaming' BEGIN
            INSERT INTO message_search (rowid, content) VALUES (new.id, new.content);
        END;
CREATE TRIGGER message_changed AFTER UPDATE OF content, state ON messages
        WHEN (old.state <> 'streaming' OR new.state <> 'streaming')
            AND (old.content <> new.content OR (old.state = 'streaming') <> (new.state = 'streaming'))
        BEGIN
            INSERT INTO message_search (message_search, rowid, content)
                SELECT 'delete', old.id, old.content WHERE old.state <> 'streaming';
            INSERT INTO message_search (rowid, content)
                SELECT new.id, new.content WHERE new.state <> 'streaming';
        END;
CREATE TRIGGER message_deleted AFTER DELETE ON messages WHEN old.state <> 'streaming' BEGIN
            INSERT INTO message_search (message_search, rowid, content) VALUES ('delete', old.id, old.content);
        END;
CREATE VIRTUAL TABLE title_search USING fts5 (
            title, content = 'conversations', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
        );
CREATE TRIGGER conversation_added AFTER INSERT ON conversations BEGIN
            INSERT INTO title_search (rowid, title) VALUES (new.id, new.title);
        END;
CREATE TRIGGER conversation_renamed AFTER UPDATE OF title ON conversations
        WHEN old.title <> new.title BEGIN
            INSERT INTO title_search (title_search, rowid, title) VALUES ('delete', old.id, old.title);
            INSERT INTO title_search (rowid, title) VALUES (new.id, new.title);
        END;
CREATE TRIGGER conversation_deleted AFTER DELETE ON conversations BEGIN
            INSERT INTO title_search (title_search, rowid, title) VALUES ('delete', old.id, old.title);
        END;
CREATE TABLE downloads (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            repo TEXT NOT NULL,
            revision TEXT NOT NULL,
            license TEXT NOT NULL,
            files TEXT NOT NULL,
            state TEXT NOT NULL,
            note TEXT NOT NULL DEFAULT '',
            created_at REAL NOT NULL
        , kind TEXT NOT NULL DEFAULT 'model', model_id INTEGER REFERENCES models (id) ON DELETE SET NULL) STRICT
        ;
CREATE TABLE adapters (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            path TEXT NOT NULL UNIQUE,
            sha256 TEXT NOT NULL UNIQUE,
            size_bytes INTEGER NOT NULL,
            architecture TEXT NOT NULL,
            max_rank INTEGER NOT NULL,
            n_weights INTEGER NOT NULL,
            targets TEXT NOT NULL,
            base_name TEXT NOT NULL,
            base_repo TEXT NOT NULL,
            source TEXT NOT NULL,
            added_at REAL NOT NULL,
            last_used_at REAL,
            license TEXT NOT NULL,
            repo TEXT NOT NULL,
            revision TEXT NOT NULL,
            files TEXT NOT NULL,
            default_scale REAL NOT NULL
        ) STRICT
        ;
CREATE TABLE proofs (
            adapter_sha256 TEXT NOT NULL,
            model_sha256 TEXT NOT NULL,
            effect TEXT NOT NULL,
            measured_at REAL NOT NULL,
            PRIMARY KEY (adapter_sha256, model_sha256)
        ) STRICT
        ;
CREATE INDEX proofs_by_model ON proofs (model_sha256);
CREATE TABLE presets (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            stack TEXT NOT NULL
        ) STRICT
        ;
INSERT INTO presets (id, name, stack) VALUES (1, 'Letters by pirates', '[{"sha256":"1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f","name":"pirate-style","scale":0.5,"is_on":true},{"sha256":"2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e","name":"My letters","scale":1.0,"is_on":false}]');
INSERT INTO proofs (adapter_sha256, model_sha256, effect, measured_at) VALUES ('1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f', 'abababababababababababababababababababababababababababababababab', '{"tokens":640,"mean_nll":2.5,"other_nll":2.75,"nll_error":0.01,"kl":0.3,"agreement":0.8}', 1800000004.0);
INSERT INTO adapters (id, name, path, sha256, size_bytes, architecture, max_rank, n_weights, targets, base_name, base_repo, source, added_at, last_used_at, license, repo, revision, files, default_scale) VALUES (1, 'pirate-style', '/adapters/example/pirate/pirate-style.gguf', '1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f', 9200000, 'llama', 16, 210, '["attn_q","attn_v"]', 'SmolLM2-135M-Instruct', 'HuggingFaceTB/SmolLM2-135M-Instruct', 'hub', 1800000001.0, NULL, 'mit', 'example/pirate', '9999999999999999999999999999999999999999', '[{"path":"pirate-style.gguf","size_bytes":9200000,"sha256":"1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f"}]', 0.8);
INSERT INTO adapters (id, name, path, sha256, size_bytes, architecture, max_rank, n_weights, targets, base_name, base_repo, source, added_at, last_used_at, license, repo, revision, files, default_scale) VALUES (2, 'My letters', '/home/me/letters.gguf', '2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e', 1000000, 'llama', 8, 30, '["ffn_down"]', '', '', 'file', 1800000002.0, 1800000003.0, '', '', '', '[]', 1.0);
INSERT INTO downloads (id, name, repo, revision, license, files, state, note, created_at, kind, model_id) VALUES (1, 'Large', 'example/large-GGUF', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 'apache-2.0', '[{"path":"Large-Q8_0.gguf","size_bytes":9000000000,"sha256":"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"}]', 'paused', '', 1790000100.0, 'model', NULL);
INSERT INTO downloads (id, name, repo, revision, license, files, state, note, created_at, kind, model_id) VALUES (2, 'haiku', 'example/haiku', '8888888888888888888888888888888888888888', 'mit', '[{"path":"adapter_config.json","size_bytes":700,"sha256":""},{"path":"adapter_model.safetensors","size_bytes":5000000,"sha256":"3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d"}]', 'waiting', '', 1800000005.0, 'adapter', 1);
INSERT INTO models (id, name, path, size_bytes, architecture, quant_type, n_params, n_ctx_train, source, added_at, last_used_at, sha256, license, repo, revision, files, verified_at, tokens_per_s, defaults) VALUES (1, 'SmolLM2-135M-Instruct', '/models/smollm2.gguf', 91000000, 'llama', 'Q4_1', 134515008, 8192, 'starter', 1000000001.0, 1000000002.0, 'abababababababababababababababababababababababababababababababab', 'apache-2.0', 'example/tiny-GGUF', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '[{"path":"Tiny-Q4_K_M.gguf","size_bytes":4000000,"sha256":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"},{"path":"mmproj-Tiny.gguf","size_bytes":1000,"sha256":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"}]', 1790000000.0, 12.5, '{"system_prompt":"Be brief.","sampler":{"temperature":0.2,"top_k":40,"top_p":0.95,"min_p":0.05,"repeat_penalty":1.05,"seed":null,"max_tokens":0,"stop":[]},"n_ctx":2048}');
INSERT INTO conversations (id, title, created_at, updated_at, titled, pinned, deleted_at, head_id, model_id, system_prompt, sampler, draft, stack) VALUES (1, 'A trip to Lisbon', 1000000003.0, 1000000008.0, 1, 1, NULL, 5, 1, 'Answer briefly.', '{"temperature":0.3,"top_k":40,"top_p":0.95,"min_p":0.05,"repeat_penalty":1.05,"seed":7,"max_tokens":0,"stop":[]}', 'And what about', '[{"sha256":"1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f","name":"pirate-style","scale":0.5,"is_on":true},{"sha256":"2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e","name":"My letters","scale":1.0,"is_on":false}]');
INSERT INTO conversations (id, title, created_at, updated_at, titled, pinned, deleted_at, head_id, model_id, system_prompt, sampler, draft, stack) VALUES (2, 'Tax letter', 1000000009.0, 1000000011.0, 0, 0, NULL, 6, NULL, '', '{"temperature":0.7,"top_k":40,"top_p":0.95,"min_p":0.05,"repeat_penalty":1.05,"seed":null,"max_tokens":0,"stop":[]}', '', '[]');
INSERT INTO conversations (id, title, created_at, updated_at, titled, pinned, deleted_at, head_id, model_id, system_prompt, sampler, draft, stack) VALUES (3, 'Thrown away', 1000000013.0, 1000000014.0, 1, 0, 1000000015.0, 8, 1, '', '{"temperature":0.7,"top_k":40,"top_p":0.95,"min_p":0.05,"repeat_penalty":1.05,"seed":null,"max_tokens":0,"stop":[]}', '', '[]');
INSERT INTO messages (id, conversation_id, parent_id, role, state, created_at, deleted_at, note, model_name, model_sha256, sampler, facts, content, stack, rating, chosen_over) VALUES (1, 1, NULL, 'user', 'done', 1000000004.0, NULL, '', '', '', NULL, NULL, 'What is worth seeing in Lisbon?', '[]', '', '[]');
INSERT INTO messages (id, conversation_id, parent_id, role, state, created_at, deleted_at, note, model_name, model_sha256, sampler, facts, content, stack, rating, chosen_over) VALUES (2, 1, 1, 'assistant', 'done', 1000000005.0, NULL, '', 'SmolLM2-135M-Instruct', 'abababababababababababababababababababababababababababababababab', '{"temperature":0.3,"top_k":40,"top_p":0.95,"min_p":0.05,"repeat_penalty":1.05,"seed":7,"max_tokens":0,"stop":[]}', '{"prompt_tokens":12,"reused_tokens":0,"answer_tokens":9,"omitted_messages":0,"prefill_s":0.25,"decode_s":0.5,"time_to_first_token_s":0.26,"finish_reason":"stop","seed":7,"stack_fingerprint":""}', 'Belém, and the view from Graça.', '[]', 'good', '[3]');
INSERT INTO messages (id, conversation_id, parent_id, role, state, created_at, deleted_at, note, model_name, model_sha256, sampler, facts, content, stack, rating, chosen_over) VALUES (3, 1, 1, 'assistant', 'stopped', 1000000006.0, NULL, '', 'SmolLM2-135M-Instruct', 'abababababababababababababababababababababababababababababababab', '{"temperature":0.3,"top_k":40,"top_p":0.95,"min_p":0.05,"repeat_penalty":1.05,"seed":7,"max_tokens":0,"stop":[]}', '{"prompt_tokens":12,"reused_tokens":0,"answer_tokens":9,"omitted_messages":0,"prefill_s":0.25,"decode_s":0.5,"time_to_first_token_s":0.26,"finish_reason":"stop","seed":7,"stack_fingerprint":""}', 'The tram 28 and a café.', '[]', 'bad', '[]');
INSERT INTO messages (id, conversation_id, parent_id, role, state, created_at, deleted_at, note, model_name, model_sha256, sampler, facts, content, stack, rating, chosen_over) VALUES (4, 1, 3, 'user', 'done', 1000000007.0, NULL, '', '', '', NULL, NULL, 'Where do I find the café?', '[]', '', '[]');
INSERT INTO messages (id, conversation_id, parent_id, role, state, created_at, deleted_at, note, model_name, model_sha256, sampler, facts, content, stack, rating, chosen_over) VALUES (5, 1, 4, 'assistant', 'streaming', 1000000008.0, NULL, '', 'SmolLM2-135M-Instruct', 'abababababababababababababababababababababababababababababababab', '{"temperature":0.3,"top_k":40,"top_p":0.95,"min_p":0.05,"repeat_penalty":1.05,"seed":7,"max_tokens":0,"stop":[]}', NULL, 'In the old', '[{"sha256":"1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f","name":"pirate-style","scale":0.5,"is_on":true},{"sha256":"2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e","name":"My letters","scale":1.0,"is_on":false}]', '', '[]');
INSERT INTO messages (id, conversation_id, parent_id, role, state, created_at, deleted_at, note, model_name, model_sha256, sampler, facts, content, stack, rating, chosen_over) VALUES (6, 2, NULL, 'user', 'done', 1000000010.0, NULL, '', '', '', NULL, NULL, 'Write a letter; it''s about ''taxes''.', '[]', '', '[]');
INSERT INTO messages (id, conversation_id, parent_id, role, state, created_at, deleted_at, note, model_name, model_sha256, sampler, facts, content, stack, rating, chosen_over) VALUES (7, 2, 6, 'assistant', 'interrupted', 1000000011.0, 1000000012.0, '', '', '', NULL, NULL, 'Dear Sir or Madam,', '[]', '', '[]');
INSERT INTO messages (id, conversation_id, parent_id, role, state, created_at, deleted_at, note, model_name, model_sha256, sampler, facts, content, stack, rating, chosen_over) VALUES (8, 3, NULL, 'user', 'done', 1000000014.0, NULL, '', '', '', NULL, NULL, 'never mind', '[]', '', '[]');
PRAGMA user_version = 103;
