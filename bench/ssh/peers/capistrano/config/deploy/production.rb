hosts = File.readlines(ENV.fetch('HOSTS_FILE')).map(&:strip).reject(&:empty?)
server_options = { user: 'deploy', roles: %w[app] }
hosts.each { |host| server host, server_options }
set :ssh_options, config: ENV.fetch('SSH_CONFIG'), verify_host_key: :always
