lock '~> 3.17'
set :application, 'app'
set :deploy_to, '/srv/app'
set :repo_url, ENV['GIT_URL']
set :branch, ENV['VERSION'] || 'v1'
set :keep_releases, 5
set :format, :simpletext
set :log_level, :error
set :pty, false

# As the other tools' switch: in the release that is current now.
namespace :deploy do
  task :restart_service do
    on release_roles(:all) do
      within(current_path) { execute :sh, 'bin/service', 'restart' }
    end
  end
  after :publishing, :restart_service
end
