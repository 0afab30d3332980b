-- mypage's database, the owner, who migrates, and the service's user, whom the migration lets in. The passwords are
-- obviously local.
CREATE DATABASE mypage;
CREATE USER mypage IDENTIFIED BY 'local-only';
GRANT ALL ON mypage.* TO mypage WITH GRANT OPTION;
CREATE USER mypage_service IDENTIFIED BY 'local-only';
